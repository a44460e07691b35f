/** Nothing that only a bug would commit gets into the store. */
import { describe, expect, test } from 'vitest';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import type { StoreRow } from '../../../src/store/rows.ts';
import {
  attemptOf,
  closed,
  coarse,
  completeResult,
  ended,
  everything,
  granted,
  measurementAt,
  specNamed,
  stagesOf,
  startedStudy,
} from '../support/records.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const owner = 'pid 1 on here';

const reported: StoreRow = {
  kind: 'attempt-reported',
  study: 'first',
  trial: coarse(1),
  attempt: 1,
  fingerprint: 'e'.repeat(64),
};
const verdict: StoreRow = {
  kind: 'trial-audited',
  study: 'first',
  trial: coarse(1),
  verdict: 'verified',
};
const replaced: StoreRow = {
  kind: 'result-replaced',
  study: 'first',
  trial: coarse(1),
  worker: 'node-2',
  result: completeResult(0.25),
  fingerprint: 'e'.repeat(64),
  replaces: 'f'.repeat(64),
};
const quarantined: StoreRow = {
  kind: 'worker-quarantined',
  session: 's',
  worker: 'node-1',
  reason: 'wrong',
  atMs: 1,
};

describe('a row that meets another state than it expects', () => {
  const valid: readonly StoreRow[] = [...startedStudy, granted];
  const wrong: [string, StoreRow[]][] = [
    ['a study whose name is taken', [startedStudy[0]!]],
    [
      'a status for a study that is unknown',
      [{ kind: 'study-status', study: 'nobody', status: 'running', reason: null, endedAtMs: null }],
    ],
    [
      'an end without its time',
      [{ kind: 'study-status', study: 'first', status: 'complete', reason: null, endedAtMs: null }],
    ],
    [
      'a study that is cancelled and runs again',
      [
        { kind: 'study-status', study: 'first', status: 'cancelled', reason: null, endedAtMs: 1 },
        { kind: 'study-status', study: 'first', status: 'running', reason: null, endedAtMs: null },
      ],
    ],
    ['a stage that opens twice', [startedStudy[1]!]],
    [
      'a stage that closes before it opened',
      [{ kind: 'stage-closed', study: 'first', stage: 'fine', warnings: [] }],
    ],
    [
      'a stage that closes twice',
      [
        { kind: 'stage-closed', study: 'first', stage: 'coarse', warnings: [] },
        { kind: 'stage-closed', study: 'first', stage: 'coarse', warnings: [] },
      ],
    ],
    [
      'stages in another order',
      [
        {
          kind: 'study-extended',
          spec: specNamed('first'),
          stages: stagesOf(specNamed('first')).toReversed(),
        },
      ],
    ],
    ['a trial that is created twice', [startedStudy[2]!]],
    [
      'a trial of a stage that is unknown',
      [
        {
          kind: 'trial-created',
          study: 'first',
          id: { ...coarse(1), stage: 'nowhere' },
          lambda: 1,
        },
      ],
    ],
    ['an attempt number that was used', [granted]],
    [
      'a second open attempt of a trial',
      [
        { kind: 'trial-status', study: 'first', trial: coarse(1), status: 'waiting', reason: null },
        { kind: 'attempt-opened', study: 'first', attempt: attemptOf(coarse(1), 2) },
      ],
    ],
    [
      'an attempt of an ended trial',
      [
        ended(completeResult()),
        closed,
        { kind: 'attempt-opened', study: 'first', attempt: attemptOf(coarse(1), 2) },
      ],
    ],
    ['an attempt that closes twice', [closed, closed]],
    ['an attempt that closes and was never opened', [{ ...closed, trial: coarse(2) }]],
    [
      'a result for a trial that was never granted',
      [{ ...ended(completeResult()), trial: coarse(2) }],
    ],
    ['a second result', [ended(completeResult()), ended(completeResult())]],
    [
      'a result after a diverged one',
      [ended({ kind: 'diverged', steps: 3, seconds: 1, curve: [] }), ended(completeResult())],
    ],
    ['a complete result without a measurement', [ended({ ...completeResult(), curve: [] })]],
    ['a second result of an attempt', [closed, reported, reported]],
    ['a late result of an attempt that is open', [reported]],
    [
      'a second open audit of a trial',
      [
        ended(completeResult()),
        { kind: 'attempt-opened', study: 'first', attempt: attemptOf(coarse(1), 2, 'audit') },
        { kind: 'attempt-opened', study: 'first', attempt: attemptOf(coarse(1), 3, 'audit') },
      ],
    ],
    ['a verdict on a trial without a result', [{ ...verdict, trial: coarse(2) }]],
    [
      'a right result for another one than is stored',
      [ended(completeResult()), { ...replaced, replaces: 'a'.repeat(64) }],
    ],
    [
      'a right result after its stage has closed',
      [
        ended(completeResult()),
        { kind: 'stage-closed', study: 'first', stage: 'coarse', warnings: [] },
        replaced,
      ],
    ],
    ['a session that is quarantined twice', [quarantined, quarantined]],
    ['a digest that is none', [ended({ ...completeResult(), digest: 'abc' })]],
    [
      'two measurements at one step',
      [
        ended({
          ...completeResult(),
          curve: [measurementAt(10), measurementAt(10)],
        }),
      ],
    ],
    [
      'giving up a trial that waits',
      [{ kind: 'trial-status', study: 'first', trial: coarse(2), status: 'waiting', reason: null }],
    ],
    [
      'cancelling a trial that has its result',
      [
        ended(completeResult()),
        {
          kind: 'trial-status',
          study: 'first',
          trial: coarse(1),
          status: 'cancelled',
          reason: 'x',
        },
      ],
    ],
    [
      'a winner that is not a trial',
      [
        {
          kind: 'winner',
          study: 'first',
          winner: {
            trial: coarse(9),
            testAccuracy: null,
            testLoss: null,
            testWorker: null,
            reproduced: null,
            tests: [],
          },
        },
      ],
    ],
    [
      'a λ that is not a number',
      [{ kind: 'trial-created', study: 'first', id: coarse(4), lambda: NaN }],
    ],
  ];

  test.each(wrong)('%s is a bug, and nothing of its commit is applied', (_, rows) => {
    using directory = temporaryDirectory();
    using store = openStore(directory.path, { owner });
    store.commit(valid);
    const before = everything(store);
    const companion: StoreRow = {
      kind: 'event',
      atMs: 1,
      study: null,
      what: 'a',
      detail: 'companion',
    };
    expect(() => store.commit([companion, ...rows])).toThrow(/^Invariant broken/);
    expect(everything(store)).toEqual(before);
    store.commit([companion]);
    expect(store.events(1)[0]?.detail).toBe('companion');
  });
});
