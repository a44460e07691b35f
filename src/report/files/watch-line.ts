/** Watch line: one state of a running study as JSON, for programs that follow it. */
import type { WatchSnapshot } from '../../study/summaries.ts';
import { schemaVersion } from '../text/json-value.ts';

export function watchLine({ progress, workers, elapsedMs }: WatchSnapshot): string {
  const { best, msLeft } = progress;
  const line = {
    schema_version: schemaVersion,
    study: progress.study,
    status: progress.status,
    reason: progress.reason,
    elapsed_seconds: elapsedMs / 1000,
    stage: progress.stage,
    stages: progress.stages.map(({ name, done, total }) => ({ name, done, total })),
    done: progress.done,
    total: progress.total,
    running: progress.running,
    budget: progress.budget,
    seconds_left: msLeft === null ? null : msLeft / 1000,
    testing: progress.testing,
    metric: progress.metric,
    best: best === null ? null : { trial: best.trial, params: best.params, value: best.value },
    test_accuracy: progress.testAccuracy,
    workers: workers.map(({ name, threads, busy, trialsCompleted }) => ({
      name,
      threads,
      busy,
      trials_completed: trialsCompleted,
    })),
  };
  return `${JSON.stringify(line)}\n`;
}
