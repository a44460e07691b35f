/** What a worker still says of a study that was thrown away, when another one has its name and its trials. */
import { expect, test } from 'vitest';
import type { Decision, Moment } from '../../../../src/coordinator/core/state/cluster-state.ts';
import { exampleStudy } from '../../../study/support/example-study.ts';
import { completeResult } from '../../../store/support/records.ts';
import { oneWorker, packsOf, start } from '../../support/one-worker.ts';
import { reference } from '../../support/reference.ts';

const later: Moment = { monotonicMs: 100, wallMs: start.wallMs + 100 };

const answers = ({ afterCommit }: Decision): string[] =>
  afterCommit.flatMap((effect) =>
    effect.kind === 'send' && effect.message.kind === 'answer' ? [effect.message.answer] : [],
  );

test('a result that was on its way counts for the study for which it was trained, not for its successor', () => {
  const { dispatcher, session, granted } = oneWorker();
  const [former] = packsOf(granted);
  dispatcher.cancel('example', 'thrown away', later);
  dispatcher.forget('example');
  dispatcher.streamClosed('s', 'cut', later);
  dispatcher.joined(session.hello(new Map()), 'address', later);
  const data = { search: reference, test: null, validationCount: 400 };
  const details = { shardDigests: {}, officialData: null };
  dispatcher.submit(exampleStudy({ seed: 4 }), data, details, later);
  const dataset = [...dispatcher.state.studies.values()][0]!.searchKey;
  const [pack] = packsOf(dispatcher.received('s', { kind: 'dataset-ready', dataset }, later));
  expect(pack).not.toBe(former);
  const trial = { stage: 'coarse', index: 1, replicate: 1 };
  const key = { study: 'example', trial, attempt: 1 };
  const result = { ...completeResult(), validationCorrect: new Uint8Array(50) };
  const report = (of: string): Decision =>
    dispatcher.received('s', { kind: 'pack-ended', pack: of, results: [{ key, result }] }, later);
  expect(answers(report(former!))).toEqual(['unknown']);
  expect(answers(report(pack!))).toEqual(['accepted']);
});
