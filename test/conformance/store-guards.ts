/** Guards of the store port: rows that only a bug commits are refused, with everything in their commit. */
import { expect, test } from 'vitest';
import type { StoreRow } from '../../src/store/rows.ts';
import type { TrialResult } from '../../src/study/trial.ts';
import {
  assigned,
  closed,
  coarse,
  completeResult,
  created,
  ended,
  event,
  everything,
  measurementAt,
  openAttempt,
  specNamed,
  stageRecords,
  startedStudy,
} from '../store/support/records.ts';
import type { StoreFixture } from './store.ts';

/** `first` has an open stage; `coarse/1` runs, 2 and 3 wait. */
const before: readonly StoreRow[] = [...startedStudy, assigned(coarse(1))];

const first = { study: 'first' } as const;
const firstTrial = { study: 'first', trial: coarse(1) } as const;
const diverged: TrialResult = { kind: 'diverged', steps: 3, seconds: 1, curve: [] };
const status = { kind: 'study-status', ...first, reason: null, endedAtMs: null } as const;
const waits = { kind: 'trial-status', ...firstTrial, status: 'waiting', reason: null } as const;
const closing = { kind: 'stage-closed', ...first, stage: 'coarse' } as const;
const reported: StoreRow = {
  kind: 'attempt-reported',
  ...firstTrial,
  attempt: 1,
  fingerprint: 'e'.repeat(64),
};
const audited = { kind: 'trial-audited', ...firstTrial, verdict: 'verified' } as const;
const replaced = {
  kind: 'result-replaced',
  ...firstTrial,
  worker: 'node-2',
  result: completeResult(0.25),
  fingerprint: 'e'.repeat(64),
  replaces: 'f'.repeat(64),
} as const;
const excluded: StoreRow = {
  kind: 'worker-excluded',
  session: 's',
  worker: 'node-1',
  reason: 'wrong',
  machine: 'id node-1',
  atMs: 1,
};
const attempt = (number: number, kind?: 'audit'): StoreRow => ({
  kind: 'attempt-opened',
  ...first,
  attempt: openAttempt(coarse(1), number, kind),
});
const untested = {
  testAccuracy: null,
  testLoss: null,
  testWorker: null,
  reproduced: null,
  tests: [],
  attemptsBefore: [],
};

/** What the rows describe, and the rows. */
const refused: readonly (readonly [string, readonly StoreRow[]])[] = [
  ['a study whose name exists', [startedStudy[0]!]],
  ['a status of an unknown study', [{ ...status, study: 'unknown', status: 'running' }]],
  ['an ended study without the time of its end', [{ ...status, status: 'complete' }]],
  [
    'a cancelled study that runs again',
    [
      { ...status, status: 'cancelled', endedAtMs: 1 },
      { ...status, status: 'running' },
    ],
  ],
  ['a stage that opens twice', [startedStudy[1]!]],
  ['a stage that closes before it opened', [{ ...closing, stage: 'fine' }]],
  ['a stage that closes twice', [closing, closing]],
  [
    'stages in another order',
    [
      {
        kind: 'study-extended',
        spec: specNamed('first'),
        stages: stageRecords(specNamed('first')).toReversed(),
      },
    ],
  ],
  [
    'a rank of an unknown trial',
    [{ kind: 'ranks', ...first, ranks: [{ trial: coarse(9), rankInStage: 1, rankInStudy: 1 }] }],
  ],
  [
    'a rank below 1',
    [{ kind: 'ranks', ...first, ranks: [{ trial: coarse(1), rankInStage: 0, rankInStudy: 1 }] }],
  ],
  ['a trial that is created twice', [startedStudy[2]!]],
  ['a trial of an unknown stage', [created({ ...coarse(1), stage: 'nowhere' })]],
  ['a parameter that is NaN', [created(coarse(4), NaN)]],
  ['a parameter that is infinite', [created(coarse(4), -Infinity)]],
  ['an attempt number that was used', [assigned(coarse(1))]],
  ['a second open attempt of a trial', [waits, attempt(2)]],
  ['an attempt of an ended trial', [ended(completeResult()), closed, attempt(2)]],
  ['an attempt that closes twice', [closed, closed]],
  ['the end of an attempt that was never opened', [{ ...closed, trial: coarse(2) }]],
  ['a second result of an attempt', [closed, reported, reported]],
  ['a late result of an attempt that is open', [reported]],
  [
    'a second open audit of a trial',
    [ended(completeResult()), attempt(2, 'audit'), attempt(3, 'audit')],
  ],
  ['a result of a trial that was never assigned', [ended(completeResult(), coarse(2))]],
  [
    'a reused result of a trial that runs',
    [{ ...ended(completeResult()), source: 'quickstart coarse/7' }],
  ],
  ['a second result of a trial', [ended(completeResult()), ended(completeResult())]],
  ['a result after a diverged one', [ended(diverged), ended(completeResult())]],
  ['a complete result without a measurement', [ended({ ...completeResult(), curve: [] })]],
  ['a digest of three letters', [ended({ ...completeResult(), digest: 'abc' })]],
  [
    'two measurements at one step',
    [ended({ ...completeResult(), curve: [measurementAt(10), measurementAt(10)] })],
  ],
  ['a verdict on a trial without a result', [{ ...audited, trial: coarse(2) }]],
  [
    'a replacement of another result than the stored one',
    [ended(completeResult()), { ...replaced, replaces: 'a'.repeat(64) }],
  ],
  ['a replacement after the stage has closed', [ended(completeResult()), closing, replaced]],
  ['a session that is excluded twice', [excluded, excluded]],
  ['a waiting trial that returns to waiting', [{ ...waits, trial: coarse(2) }]],
  [
    'a cancelled trial that has a result',
    [ended(completeResult()), { ...waits, status: 'cancelled' }],
  ],
  [
    'a winner that is not a trial',
    [{ kind: 'winner', ...first, winner: { trial: coarse(9), ...untested } }],
  ],
];

export function guardTests(make: () => Promise<StoreFixture>): void {
  test.for(refused)(
    'a store refuses a commit with %s, and stores none of its rows',
    async ([, rows]) => {
      await using fixture = await make();
      await using store = await fixture.open();
      await store.commit(before);
      const unchanged = await everything(store);
      await expect(store.commit([event('first row'), ...rows])).rejects.toThrow(
        /^Invariant broken/,
      );
      expect(await everything(store)).toEqual(unchanged);
      await store.commit([event('next commit')]);
      expect((await store.events(1))[0]?.detail).toBe('next commit');
    },
  );

  test('a store keeps why a session was excluded, and its machine until that is trusted again', async () => {
    await using fixture = await make();
    await using store = await fixture.open();
    await store.commit([excluded]);
    const known = { reason: 'wrong', machine: 'id node-1' };
    expect(await store.exclusions()).toEqual(new Map([['s', known]]));
    await store.commit([{ kind: 'machine-trusted', machine: 'id node-2' }]);
    expect(await store.exclusions()).toEqual(new Map([['s', known]]));
    await store.commit([{ kind: 'machine-trusted', machine: 'id node-1' }]);
    expect(await store.exclusions()).toEqual(new Map([['s', { ...known, machine: null }]]));
  });
}
