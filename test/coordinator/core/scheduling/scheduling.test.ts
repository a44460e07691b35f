/** Which study is scheduled, and how many trials are left for workers that are not ready yet. */
import { expect, test } from 'vitest';
import type { Dispatcher } from '../../../../src/coordinator/core/dispatcher.ts';
import type {
  DispatcherSettings,
  StudyData,
} from '../../../../src/coordinator/core/state/cluster-state.ts';
import type { Decision } from '../../../../src/coordinator/core/state/turn.ts';
import { exampleStudy, twoStages } from '../../../study/support/example-study.ts';
import {
  completeResult,
  data,
  dataset,
  details,
  helloFrom,
  messagesIn,
  newDispatcher,
  peerFrom,
  rowsIn,
  start,
} from '../../support/small-cluster.ts';

const ready = { kind: 'dataset-ready', dataset } as const;

/** A cluster with workers of one thread each. */
function clusterOf(sessions: readonly string[], changes: Partial<DispatcherSettings> = {}) {
  const dispatcher = newDispatcher(changes);
  for (const session of sessions)
    dispatcher.joined(helloFrom(session, { packMax: 8 }), peerFrom(session), start);
  return dispatcher;
}

function submit(dispatcher: Dispatcher, study: string, change: Partial<StudyData> = {}): Decision {
  const spec = exampleStudy({ study, stages: twoStages(8, 8) });
  return dispatcher.submit(spec, { ...data, ...change }, details, start);
}

const assigned = (decision: Decision): string[] =>
  rowsIn(decision, 'attempt-opened').map(({ study }) => study);

test('a worker that is still fetching the data later receives its share of the trials', () => {
  const dispatcher = clusterOf(['a', 'b']);
  submit(dispatcher, 'one');
  expect(assigned(dispatcher.received('a', ready, start))).toHaveLength(4);
  expect(assigned(dispatcher.received('b', ready, start))).not.toEqual([]);
});

test('a worker that is still starting later receives its share of the trials', () => {
  const dispatcher = clusterOf(['a'], { threadsExpected: 2 });
  submit(dispatcher, 'one');
  expect(assigned(dispatcher.received('a', ready, start))).toHaveLength(4);
});

test('a coordinator with onlyStudy schedules that study only, also if others were submitted before it', () => {
  const dispatcher = clusterOf(['a'], { onlyStudy: 'two' });
  submit(dispatcher, 'one');
  expect(assigned(dispatcher.received('a', ready, start))).toEqual([]);
  expect(assigned(submit(dispatcher, 'two'))).toEqual(Array(8).fill('two'));
});

test('the members of a pack have equal pack keys, and at most the pack size of the trainer', () => {
  const dispatcher = clusterOf(['a']);
  const parity = (value: unknown): string => String(Math.floor(Number(value) * 1e12) % 2);
  const trainer = {
    ...data.trainer,
    packKey: (params: Readonly<Record<string, unknown>>) => parity(params['lambda']),
    packSize: () => 3,
  };
  submit(dispatcher, 'one', { trainer });
  let decision = dispatcher.received('a', ready, start);
  let trials = 0;
  while (trials < 8) {
    const { members, pack } = messagesIn(decision, 'assign')[0]!.assignment;
    expect(new Set(members.map(({ params }) => parity(params['lambda']))).size).toBe(1);
    expect(members.length).toBeLessThanOrEqual(3);
    trials += members.length;
    const results = members.map(({ key }) => ({ key, passed: null, result: completeResult() }));
    decision = dispatcher.received('a', { kind: 'pack-ended', pack, results }, start);
  }
});
