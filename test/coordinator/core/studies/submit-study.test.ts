import { expect, test } from 'vitest';
import { exampleStudy } from '../../../study/support/example-study.ts';
import {
  answersIn,
  coarse,
  completeResult,
  data,
  dataset,
  details,
  helloFrom,
  later,
  oneWorker,
  packsIn,
  peerFrom,
} from '../../support/small-cluster.ts';

test('a late result of a deleted study does not count for a new study of the same name', () => {
  const { dispatcher, pack: former } = oneWorker();
  const now = later(100);
  dispatcher.cancel('example', 'replaced', now);
  dispatcher.forget('example');
  dispatcher.streamClosed('s', 'cut', now);
  dispatcher.joined(helloFrom('s'), peerFrom('s'), now);
  dispatcher.submit(exampleStudy({ seed: 4 }), data, details, now);
  const [pack = ''] = packsIn(dispatcher.received('s', { kind: 'dataset-ready', dataset }, now));
  expect(pack).not.toBe(former);
  const key = { study: 'example', trial: coarse(1), attempt: 1 };
  const results = [{ key, passed: null, result: completeResult() }];
  const report = (from: string): string[] =>
    answersIn(dispatcher.received('s', { kind: 'pack-ended', pack: from, results }, now));
  expect(report(former)).toEqual(['unknown']);
  expect(report(pack)).toEqual(['accepted']);
});
