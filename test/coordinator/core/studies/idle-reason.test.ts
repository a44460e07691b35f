/** Why no worker trains a study. */
import { expect, test } from 'vitest';
import type { Dispatcher } from '../../../../src/coordinator/core/dispatcher.ts';
import { idleReason } from '../../../../src/coordinator/core/studies/idle-reason.ts';
import { FailingCluster } from '../../support/failing-cluster.ts';
import { exampleStudy } from '../../../study/support/example-study.ts';
import {
  data,
  dataset,
  details,
  helloFrom,
  newDispatcher,
  peerFrom,
  start,
} from '../../support/small-cluster.ts';

function withStudy(): Dispatcher {
  const dispatcher = newDispatcher();
  dispatcher.submit(exampleStudy({ study: 's' }), data, details, start);
  return dispatcher;
}

const reasonIn = ({ state }: Dispatcher): string | null =>
  idleReason(state, state.studies.get('s')!);

test('a study without a connected worker says so', () => {
  expect(reasonIn(withStudy())).toBe('no worker is connected');
});

test('a study that no worker can train has the reasons of the workers', () => {
  const dispatcher = withStudy();
  dispatcher.joined(helloFrom('a', { selfTestDigest: 'wrong' }), peerFrom('a'), start);
  dispatcher.joined(helloFrom('b'), peerFrom('b'), start);
  expect(reasonIn(dispatcher)).toBe(null);
  const failed = { kind: 'dataset-failed', dataset, reason: 'its disk is full' } as const;
  dispatcher.received('b', failed, start);
  expect(reasonIn(dispatcher)).toMatch(
    /^no worker can train it: a: its arithmetic differs .*; b: its disk is full$/,
  );
});

test('a study that is trained, or paused, has no such reason', () => {
  const dispatcher = withStudy();
  dispatcher.joined(helloFrom('a', { datasets: [dataset] }), peerFrom('a'), start);
  expect(reasonIn(dispatcher)).toBe(null);
  dispatcher.drain(null, 'maintenance', start);
  expect(reasonIn(dispatcher)).toBe(null);
  dispatcher.pause('s', start);
  dispatcher.streamClosed('a', 'cut', start);
  expect(reasonIn(dispatcher)).toBe(null);
});

test('a study whose only machine has finished nothing says so, and what helps, also during one more try', () => {
  const cluster = new FailingCluster(4);
  const session = cluster.join('w');
  const reason = (): string | null => {
    const { state } = cluster.dispatcher;
    return idleReason(state, state.studies.get('example')!);
  };
  expect(reason()).toBe(null);
  for (let failures = 1; failures <= 8; failures++) cluster.crash(session);
  cluster.waitForPack(session);
  expect(reason()).toMatch(
    /^no worker can train it: w: backing off after 8 consecutive failures \(the last: no memory\); .*; this machine has finished no trial: look for the cause there, or start a worker on another machine$/,
  );
  cluster.finish(session);
  expect(reason()).toBe(null);
});
