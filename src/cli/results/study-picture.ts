/** Study picture: reads the data of charts and the report from one committed state of the store. */
import { RidgelineError } from '../../base/errors.ts';
import { exampleTrials } from '../../report/charts/chart-kinds.ts';
import type { ExampleTrial, StudyPicture } from '../../report/charts/study-picture.ts';
import { studyResults } from '../../report/results/study-results.ts';
import { openStoreReader } from '../../store/sqlite/open-store.ts';
import type { StoreReads } from '../../store/store.ts';
import { parseJoinedText } from '../../study/joined-worker.ts';
import { stateDirectory, type Context } from '../process/context.ts';
import { storedTrial, studyAndTrials } from './stored-study.ts';

/**
 * @param trial  the example trial; by default the best, the median and the worst
 * @param curves whether to read the curves of all trials, not of the examples alone
 */
export async function readStudyPicture(
  context: Context,
  study: string,
  {
    trial,
    curves = false,
  }: { readonly trial?: string | undefined; readonly curves?: boolean } = {},
): Promise<StudyPicture> {
  await using reader = await openStoreReader(stateDirectory(context));
  return await reader.snapshot(async (reads) => {
    const { study: record, trials, trainer } = await studyAndTrials(reads, study, { curves });
    const attempts = await reads.attempts(study);
    const { objective, stages } = record.spec;
    const examples: ExampleTrial[] = [];
    if (trial !== undefined) examples.push(await namedExample(reads, study, trial));
    else {
      const order = stages.map(({ name }) => name);
      for (const { role, trial: chosen } of exampleTrials(
        trials,
        objective,
        order,
        record.winner?.trial,
      )) {
        const whole = await reads.trial(study, chosen.id);
        if (whole !== null) examples.push({ role, trial: whole });
      }
    }
    const results = studyResults(record, trials, trainer, { attempts });
    const parameterDescription = trainer.parameters[results.parameter ?? '']?.description ?? null;
    const method = trainer.method(record.spec.trainer);
    const nowMs = Date.now();
    const workers = await joinedWorkers(reads);
    return {
      record,
      results,
      trials,
      attempts,
      workers,
      examples,
      parameterDescription,
      method,
      nowMs,
    };
  });
}

/** Most events that are searched for workers that joined. */
const eventsMax = 100_000;

async function joinedWorkers(reads: StoreReads): Promise<StudyPicture['workers']> {
  const events = await reads.events(eventsMax);
  return events.flatMap(({ what, detail, atMs }) => {
    const worker = what === 'worker-joined' ? parseJoinedText(detail) : null;
    return worker === null ? [] : [{ ...worker, atMs }];
  });
}

async function namedExample(reads: StoreReads, study: string, name: string): Promise<ExampleTrial> {
  const { trial } = await storedTrial(reads, study, name);
  if (trial.result !== null) return { role: '', trial };
  throw new RidgelineError(
    'TRIAL_UNKNOWN',
    `Trial ${name} of study ${study} has no curve yet.`,
    `Check its status with \`ridgeline trial ${study} ${name}\`, and draw the chart when it is complete.`,
  );
}
