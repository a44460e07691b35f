/** Studies whose trainer is a program of the user: which workers run it, how many at once, and when it is broken. */
import { expect, test } from 'vitest';
import type { Dispatcher } from '../../../../src/coordinator/core/dispatcher.ts';
import type { StudyData } from '../../../../src/coordinator/core/state/cluster-state.ts';
import { workerSummaries } from '../../../../src/coordinator/core/studies/summaries.ts';
import type { Hello } from '../../../../src/rpc/messages/messages.ts';
import { datasetKey } from '../../../../src/study/spec/dataset-reference.ts';
import type { StudySpec } from '../../../../src/study/spec/study-spec.ts';
import { describeCommand } from '../../../../src/trainers/command/description.ts';
import { exampleStudy } from '../../../study/support/example-study.ts';
import {
  details,
  helloFrom,
  later,
  newDispatcher,
  packsIn,
  peerFrom,
  rowsIn,
  start,
} from '../../support/small-cluster.ts';

const trainer = {
  name: 'command',
  command: { name: 'resnet' },
  files: [],
  parameters: {},
  rungs: [10],
  metrics: { loss: 'minimize' },
  resumes: false,
  repeatable: false,
  timeout: '1h',
  silence: '1h',
} as const;

const { dataset: _, ...example } = exampleStudy();
const spec: StudySpec = {
  ...example,
  trainer,
  objective: { metric: 'loss', direction: 'minimize' },
};
const search = { shards: [], seed: 0, train: [], validation: [], test: null, stratify: false };
const data: StudyData = {
  search,
  test: null,
  validationCount: 0,
  trainer: describeCommand(trainer),
};
const dataset = datasetKey(search);

/** A study with a program, and a worker that has its (empty) data set. */
function clusterWith(hello: Partial<Hello>, submitted = spec) {
  const dispatcher = newDispatcher();
  const packs: string[] = [];
  const joined = (session: string): void => {
    dispatcher.joined(
      helloFrom(session, { ...hello, datasets: [dataset] }),
      peerFrom(session),
      start,
    );
  };
  joined('s');
  packs.push(...packsIn(dispatcher.submit(submitted, data, details, start)));
  packs.push(...packsIn(dispatcher.tick(start)));
  return { dispatcher, packs };
}

const stateOf = ({ state }: Dispatcher) => workerSummaries(state, start)[0];

test('a worker that does not allow the program of a study receives no trials, and shows the option that allows it', () => {
  const { dispatcher, packs } = clusterWith({ allowed: ['command:bert', '*'] });
  expect(packs).toEqual([]);
  expect(stateOf(dispatcher)).toMatchObject({
    state: 'incompatible',
    reason:
      'it does not allow the program of example; if you trust the program, start the worker with --allow-command resnet=/path/of/the/program',
  });
});

test('a worker whose machine has less memory than a trial may use receives no trials, and shows why', () => {
  const large = { ...spec, trainer: { ...trainer, memory: '32GB' } };
  const hello = { allowed: ['command:resnet'] };
  const small = clusterWith({ ...hello, memory: 16e9 }, large);
  expect(small.packs).toEqual([]);
  expect(stateOf(small.dispatcher)).toMatchObject({
    state: 'incompatible',
    reason:
      'its machine has 16.0 GB of memory, and a trial of example may use 32.0 GB (trainer.memory)',
  });
  expect(clusterWith({ ...hello, memory: 32e9 }, large).packs).toHaveLength(1);
  expect(clusterWith({ ...hello, memory: 0 }, large).packs).toHaveLength(1);
});

test('a worker that allows the program receives as many trials at once as it has slots', () => {
  const { dispatcher, packs } = clusterWith({ allowed: ['command:resnet'], threads: 4, slots: 2 });
  expect(packs).toHaveLength(2);
  expect(stateOf(dispatcher)).toMatchObject({ state: 'busy', busy: 2, reason: null });
});

/** Fails the pack, and the next ones, each after the worker's pause. @returns statuses of the study, by failure */
function failTrials({ dispatcher, packs }: ReturnType<typeof clusterWith>, count: number) {
  const [first = ''] = packs;
  let pack: string | undefined = first;
  return Array.from({ length: count }, (_, index) => {
    if (pack === undefined) return [];
    const at = later(index * 1_000_000);
    const failed = { kind: 'pack-failed', pack, outcome: 'crashed', reason } as const;
    const decision = dispatcher.received('s', failed, at);
    const next = dispatcher.tick(later(index * 1_000_000 + 900_000));
    [pack] = [...packsIn(decision), ...packsIn(next)];
    return rowsIn(decision, 'study-status').map(({ status, reason: why }) => [status, why]);
  });
}

const reason = 'the command ended with exit code 1: SyntaxError: invalid syntax';

test('a study whose program fails on each worker before any result fails with the reason of the program', () => {
  const statuses = failTrials(clusterWith({ allowed: ['command:resnet'] }), 3);
  expect(statuses).toEqual([
    [],
    [],
    [['failed', expect.stringContaining(`no trial has a result: ${reason}`)]],
  ]);
});

test('a study whose program fails on one of two workers does not fail', () => {
  const cluster = clusterWith({ allowed: ['command:resnet'] });
  const other = helloFrom('t', { allowed: ['command:resnet'], datasets: [dataset] });
  cluster.dispatcher.joined(other, peerFrom('t'), start);
  expect(failTrials(cluster, 4)).toEqual([[], [], [], []]);
});

test('the output of an attempt is stored if it is of the session that runs it, and of a program', () => {
  const { dispatcher, packs } = clusterWith({ allowed: ['command:resnet'] });
  const [pack = ''] = packs;
  const trial = { stage: 'coarse', index: 1, replicate: 1 };
  const key = { study: 'example', trial, attempt: 1 };
  const log = { kind: 'attempt-log', pack, key, text: 'err bad\n' } as const;
  const stored = (message: typeof log, session = 's') =>
    rowsIn(dispatcher.received(session, message, start), 'attempt-logged');
  expect(stored(log)).toMatchObject([{ study: 'example', trial, attempt: 1, text: 'err bad\n' }]);
  expect(stored({ ...log, pack: 'other' })).toEqual([]);
  expect(stored({ ...log, key: { ...key, attempt: 2 } })).toEqual([]);
  dispatcher.joined(helloFrom('t', { datasets: [dataset] }), peerFrom('t'), start);
  expect(stored(log, 't')).toEqual([]);
});
