/** A dispatcher with one study, and one worker of one thread that has just been granted its first pack. */
import type { Decision, Moment } from '../../../src/coordinator/core/state/cluster-state.ts';
import { Dispatcher } from '../../../src/coordinator/core/dispatcher.ts';
import { datasetKey } from '../../../src/study/spec/dataset-reference.ts';
import { WorkerSession } from '../../../src/worker/session.ts';
import { settings } from '../../simulation/simulated-coordinator.ts';
import { exampleStudy } from '../../study/support/example-study.ts';
import { reference } from './reference.ts';

export const start: Moment = { monotonicMs: 0, wallMs: 1.7e12 };

export function oneWorker(): {
  dispatcher: Dispatcher;
  session: WorkerSession;
  granted: Decision;
} {
  const dispatcher = new Dispatcher(settings, [], new Map(), start);
  const identity = { session: 's', name: 'w', version: 'test', threads: 1, packMax: 1 } as const;
  const session = new WorkerSession({ ...identity, kernel: 'portable', selfTestDigest: 'right' });
  dispatcher.joined(session.hello(new Map()), 'address', start);
  const data = { search: reference, test: null, validationCount: 400 };
  dispatcher.submit(exampleStudy(), data, { shardDigests: {}, officialData: null }, start);
  const dataset = datasetKey(reference);
  const granted = dispatcher.received('s', { kind: 'dataset-ready', dataset }, start);
  return { dispatcher, session, granted };
}

/** The packs that a decision grants. */
export function packsOf({ persist }: Decision): string[] {
  const packs = persist.flatMap((row) => (row.kind === 'attempt-opened' ? [row.attempt.pack] : []));
  return [...new Set(packs)];
}
