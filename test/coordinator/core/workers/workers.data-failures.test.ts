/** Workers that could not fetch a data set. */
import { expect, test } from 'vitest';
import type { Decision } from '../../../../src/coordinator/core/state/turn.ts';
import { exampleStudy } from '../../../study/support/example-study.ts';
import {
  data,
  dataset,
  details,
  helloFrom,
  messagesIn,
  newDispatcher,
  peerFrom,
  start,
} from '../../support/small-cluster.ts';

const failed = { kind: 'dataset-failed', dataset, reason: 'it did not arrive' } as const;

function clusterWithWorker() {
  const dispatcher = newDispatcher();
  dispatcher.joined(helloFrom('s'), peerFrom('s'), start);
  const submit = (study: string): Decision =>
    dispatcher.submit(exampleStudy({ study }), data, details, start);
  return { dispatcher, submit };
}

const requests = (decision: Decision): number => messagesIn(decision, 'prepare').length;

test('a worker that failed to fetch the data of a cancelled study fetches it again for the next study that uses it', () => {
  const { dispatcher, submit } = clusterWithWorker();
  expect(requests(submit('first'))).toBe(1);
  dispatcher.cancel('first', 'a mistake in it', start);
  dispatcher.received('s', failed, start);
  expect(requests(submit('second'))).toBe(1);
});

test('a worker that failed to fetch the data of an active study does not fetch it again for another study', () => {
  const { dispatcher, submit } = clusterWithWorker();
  submit('first');
  expect(requests(dispatcher.received('s', failed, start))).toBe(0);
  expect(requests(submit('second'))).toBe(0);
});
