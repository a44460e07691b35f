/** What charts and the report show of a study, read from the store in one snapshot. */
import { RidgelineError } from '../../base/errors.ts';
import { exampleTrials } from '../../report/charts/chart-kinds.ts';
import type { ExampleTrial, StudyPicture } from '../../report/charts/study-charts.ts';
import { studyResults } from '../../report/results/study-results.ts';
import type { StoreReader } from '../../store/sqlite/read.ts';
import { storedStudy, storedTrial } from './stored-study.ts';

/** @param trial the example to take instead of the best, the median and the worst */
export function readStudyPicture(
  reader: StoreReader,
  study: string,
  nowMs: number,
  trial?: string,
): StudyPicture {
  return reader.snapshot(() => {
    const record = storedStudy(reader, study);
    const trials = reader.trials(study, { correctness: true });
    const order = record.spec.stages.map(({ name }) => name);
    const examples =
      trial === undefined
        ? exampleTrials(trials, record.spec.objective, order).flatMap((choice): ExampleTrial[] => {
            const whole = reader.trial(study, choice.trial.id);
            return whole === null ? [] : [{ role: choice.role, trial: whole }];
          })
        : [namedExample(reader, study, trial)];
    const attempts = reader.attempts(study);
    return {
      record,
      results: studyResults(record, trials, 'lambda', attempts),
      attempts,
      examples,
      nowMs,
    };
  });
}

function namedExample(reader: StoreReader, study: string, name: string): ExampleTrial {
  const { trial } = storedTrial(reader, study, name);
  if (trial.result !== null) return { role: '', trial };
  throw new RidgelineError(
    'TRIAL_UNKNOWN',
    `Trial ${name} of study ${study} has no curve yet.`,
    `Look at it with \`ridgeline trial ${study} ${name}\`, and draw when it is complete.`,
  );
}
