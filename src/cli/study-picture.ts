/** What charts and the report show of a study, read from the store in one snapshot. */
import { RidgelineError } from '../base/errors.ts';
import { studyUnknown } from '../coordinator/study-errors.ts';
import { exampleTrials } from '../report/chart-kinds.ts';
import type { ExampleTrial, StudyPicture } from '../report/study-charts.ts';
import { studyResults } from '../report/study-results.ts';
import type { StoreReader } from '../store/read.ts';
import { parseTrialName } from '../study/trial.ts';

/** @param trial the example to take instead of the best, the median and the worst */
export function readStudyPicture(
  reader: StoreReader,
  study: string,
  nowMs: number,
  trial?: string,
): StudyPicture {
  return reader.snapshot(() => {
    const record = reader.study(study);
    if (record === null) {
      const known = reader.studies().map(({ spec }) => spec.study);
      throw studyUnknown(study, known);
    }
    const trials = reader.trials(study, { correctness: true });
    const order = record.spec.stages.map(({ name }) => name);
    const examples =
      trial === undefined
        ? exampleTrials(trials, record.spec.objective, order).flatMap((choice): ExampleTrial[] => {
            const whole = reader.trial(study, choice.trial.id);
            return whole === null ? [] : [{ role: choice.role, trial: whole }];
          })
        : [namedExample(reader, study, trial)];
    return {
      record,
      results: studyResults(record, trials),
      attempts: reader.attempts(study),
      examples,
      nowMs,
    };
  });
}

function namedExample(reader: StoreReader, study: string, name: string): ExampleTrial {
  const id = parseTrialName(name);
  const trial = id === null ? null : reader.trial(study, id);
  if (trial !== null && trial.result !== null) return { role: '', trial };
  throw new RidgelineError(
    'TRIAL_UNKNOWN',
    trial === null
      ? `Study ${study} has no trial ${JSON.stringify(name)}.`
      : `Trial ${name} of study ${study} has no curve yet.`,
    `\`ridgeline results ${study} --all\` lists its trials.`,
  );
}
