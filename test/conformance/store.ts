/**
 * Conformance suite of the store port: every implementation passes these tests.
 *
 * They check that what is committed is read back, whole and in order, also by other readers and after
 * the store was opened again; that a commit is stored as a whole or not at all; and that each kind of
 * row is guarded (`store-guards.ts`).
 */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Store, StoreReader, StoreReads } from '../../src/store/store.ts';
import type { TrialId, TrialRecord } from '../../src/study/trial.ts';
import { choices } from '../store/support/choices.ts';
import { History } from '../store/support/history.ts';
import {
  assigned,
  coarse,
  completeResult,
  created,
  ended,
  event,
  everything,
  space,
  specNamed,
  stageRecords,
  startedStudy,
  studyRecord,
} from '../store/support/records.ts';
import { guardTests } from './store-guards.ts';

/** A place for one store. */
export interface StoreFixture extends AsyncDisposable {
  /** Opens the store for writing, again after it was closed. It is empty at first. */
  open(): Promise<Store>;
  openReader(): Promise<StoreReader>;
}

/** @param make a new, empty place */
export function storeConformance(name: string, make: () => Promise<StoreFixture>): void {
  describe(name, () => {
    historyTests(make);
    studyTests(make);
    readTests(make);
    rungTests(make);
    guardTests(make);
  });
}

type Make = () => Promise<StoreFixture>;

function rungTests(make: Make): void {
  const trial = coarse(4);
  const own = { study: 'first', trial } as const;
  const stop = { rung: 1, step: 20, leader: coarse(1), onlyLeader: 41, onlyTrial: 12 };
  const atRung = { ...ended(completeResult(0.5, 2), trial), rung: 'between' } as const;
  const atEnd = { ...ended(completeResult(0.7, 4), trial), rung: 'last' } as const;
  const started = [
    ...startedStudy,
    { ...created(trial), toStep: 20 },
    assigned(trial),
    atRung,
  ] as const;
  const trainedOn = { kind: 'trial-moved', ...own, toStep: null, known: null } as const;

  test('a store keeps the result of a trial at a rung, and its verdict, while the trial is trained on', async () => {
    await using fixture = await make();
    await using store = await fixture.open();
    await store.commit(started);
    expect(await store.trial('first', trial)).toMatchObject({
      status: 'paused',
      result: atRung.result,
      rungs: { toStep: 20, results: [{ result: atRung.result, audit: null }], stop: null },
    });
    await store.commit([{ kind: 'trial-audited', ...own, verdict: 'verified' }, trainedOn]);
    const before = await store.trial('first', trial);
    expect(before).toMatchObject({ status: 'waiting', result: null, audit: null });
    expect(before?.rungs).toMatchObject({ toStep: null, results: [{ audit: 'verified' }] });
    await store.commit([atEnd]);
    const after = await store.trial('first', trial);
    expect(after).toMatchObject({ status: 'complete', result: atEnd.result });
    expect(after?.rungs?.results.map(({ result }) => result.steps)).toEqual([20, 40]);
    // The stage has gained trials: it is at its first rung again, and has the result and verdict there.
    await store.commit([{ ...trainedOn, toStep: 20, known: 20 }]);
    const back = await store.trial('first', trial);
    expect(back).toMatchObject({ status: 'paused', result: atRung.result, audit: 'verified' });
    expect(back?.rungs?.results).toHaveLength(2);
  });

  test('a store counts no failures of a trial that is moved to another rung', async () => {
    await using fixture = await make();
    await using store = await fixture.open();
    const times = { endedAtMs: 1, reason: 'no memory', fingerprint: null };
    const crashed = { outcome: 'crashed', countsAsFailure: true, ...times } as const;
    const late = started.slice(0, -1);
    await store.commit([...late, { kind: 'attempt-closed', ...own, attempt: 1, ...crashed }]);
    await store.commit([{ kind: 'trial-status', ...own, status: 'waiting', reason: null }]);
    expect(await store.trial('first', trial)).toMatchObject({ failures: 1 });
    await store.commit([atRung, trainedOn]);
    expect(await store.trial('first', trial)).toMatchObject({ status: 'waiting', failures: 0 });
  });

  test('a store keeps why a trial was stopped, with the counts that decided', async () => {
    await using fixture = await make();
    await using store = await fixture.open();
    await store.commit([...started, { kind: 'trial-stopped', ...own, stop }]);
    const stopped = (await store.trials('first')).find(({ id }) => id.index === 4);
    expect(stopped).toMatchObject({
      status: 'stopped',
      reason:
        'stopped at step 20: coarse/1 was right on 41 records where this was not, 12 the other way',
      rungs: { toStep: 20, stop },
    });
    // Without rungs, trials are as before.
    const others = (await store.trials('first')).filter(({ id }) => id.index !== 4);
    expect(others.every((one) => one.rungs === undefined)).toBe(true);
  });

  test('a store keeps from which trial of another study a result was taken, at every rung', async () => {
    await using fixture = await make();
    await using store = await fixture.open();
    const source = 'quickstart coarse/7';
    const reused = { ...created(trial), toStep: 20 };
    await store.commit([...startedStudy, reused, { ...atRung, source }]);
    expect(await store.trial('first', trial)).toMatchObject({
      status: 'paused',
      attempts: 0,
      source,
      rungs: { results: [{ source }] },
    });
    await store.commit([
      trainedOn,
      { kind: 'study-reuse', study: 'first' },
      assigned(trial),
      atEnd,
    ]);
    const after = await store.trial('first', trial);
    expect(after).not.toHaveProperty('source');
    expect(after?.rungs?.results.map((rung) => rung.source)).toEqual([source, undefined]);
    expect(await store.study('first')).toHaveProperty('reuse', true);
  });

  test.for([
    ['a trial that is not at a rung', [{ kind: 'trial-stopped', ...own, trial: coarse(1), stop }]],
    ['a trial that was not trained to the rung', [{ ...trainedOn, toStep: 60, known: 60 }]],
    ['a trial without rungs', [{ ...trainedOn, trial: coarse(1) }]],
  ] as const)('a store does not stop or move %s', async ([, rows]) => {
    await using fixture = await make();
    await using store = await fixture.open();
    await store.commit(started);
    const unchanged = await everything(store);
    await expect(store.commit(rows)).rejects.toThrow(/^Invariant broken/);
    expect(await everything(store)).toEqual(unchanged);
  });
}

function historyTests(make: Make): void {
  test('a store reads back any history as it was committed, in groups of any size', async () => {
    const kinds = new Set<string>();
    await fc.assert(
      fc.asyncProperty(choices, fc.integer({ min: 1, max: 20 }), async (steps, group) => {
        const history = new History('first');
        for (const choice of steps) history.step(choice);
        for (const row of history.rows)
          kinds.add(row.kind === 'trial-ended' ? row.result.kind : row.kind);
        await using fixture = await make();
        {
          await using store = await fixture.open();
          for (let at = 0; at < history.rows.length; at += group)
            await store.commit(history.rows.slice(at, at + group));
        }
        await using reader = await fixture.openReader();
        await expectHistory(reader, history);
      }),
      { numRuns: 60 },
    );
    // The property proves less if a kind of row never occurs.
    const expected =
      'attempt-closed attempt-opened attempt-reported complete diverged event ranks result-replaced stage-closed ' +
      'stage-opened study-created trial-audited trial-created trial-status winner';
    expect([...kinds].toSorted().join(' ')).toBe(expected);
  });
}

async function expectHistory(reads: StoreReads, history: History): Promise<void> {
  const attempts = inOrder(history.attempts, ({ trial }) => trial);
  const trials = inOrder(history.trials, ({ id }) => id);
  expect(await everything(reads)).toEqual({
    studies: [history.study],
    trials: [trials],
    attempts: [attempts],
    ranks: [inOrder(history.ranks, ({ trial }) => trial)],
    exclusions: new Map(),
    events: history.events,
  });
  expect(await reads.study('first')).toEqual(history.study);
  expect(await reads.trials('first')).toEqual(trials.map(lastPointOnly));
  expect(await Promise.all(trials.map(({ id }) => reads.trial('first', id)))).toEqual(trials);
  const each = await Promise.all(trials.map(({ id }) => reads.attempts('first', id)));
  expect(each.flat()).toEqual(attempts);
}

function inOrder<T>(records: readonly T[], toId: (record: T) => TrialId): T[] {
  return records.toSorted(
    (a, b) => toId(a).stage.localeCompare(toId(b).stage) || toId(a).index - toId(b).index,
  );
}

function lastPointOnly({ result, ...trial }: TrialRecord): TrialRecord {
  if (result === null) return { ...trial, result };
  const curve = result.curve.slice(-1);
  const without = { ...result, curve };
  return {
    ...trial,
    result:
      without.kind === 'complete' ? { ...without, validationCorrect: new Uint8Array(0) } : without,
  };
}

function studyTests(make: Make): void {
  test('a store lists studies in the order of submission, also after one was removed', async () => {
    await using fixture = await make();
    await using store = await fixture.open();
    for (const study of ['second', 'first', 'third'])
      await store.commit([{ kind: 'study-created', record: studyRecord(specNamed(study)) }]);
    const names = async () => (await store.studies()).map(({ spec }) => spec.study);
    expect(await names()).toEqual(['second', 'first', 'third']);
    expect(await store.removeStudy('first')).not.toBeNull();
    await store.commit([{ kind: 'study-created', record: studyRecord(specNamed('first')) }]);
    expect(await names()).toEqual(['second', 'third', 'first']);
  });

  test('a store removes a study with everything in it', async () => {
    await using fixture = await make();
    await using store = await fixture.open();
    const before = await everything(store);
    const ranks = [{ trial: coarse(1), rankInStage: 1, rankInStudy: 1 }];
    const untested = { testAccuracy: null, testLoss: null, testWorker: null, reproduced: null };
    await store.commit([
      ...startedStudy,
      assigned(coarse(1)),
      ended(completeResult()),
      { ...event('of the study'), study: 'first' },
      { kind: 'ranks', study: 'first', ranks },
      {
        kind: 'winner',
        study: 'first',
        winner: { trial: coarse(1), ...untested, tests: [], attemptsBefore: [] },
      },
    ]);
    expect(await store.removeStudy('first')).not.toBeNull();
    expect(await store.removeStudy('first')).toBeNull();
    expect(await everything(store)).toEqual(before);
    expect(await store.study('first')).toBeNull();
    expect(await store.trials('first')).toEqual([]);
    expect(await store.attempts('first')).toEqual([]);
    await store.commit(startedStudy);
  });

  test('a store extends a complete study by trials and by a stage', async () => {
    await using fixture = await make();
    await using store = await fixture.open();
    await store.commit(startedStudy);
    const spec = specNamed('first', 3);
    const [first, second] = (await store.study('first'))!.stages;
    const stages = [
      first!,
      { ...second!, trials: 9 },
      { ...stageRecords(spec)[1]!, name: 'finest' },
    ];
    const [coarseSpec, fineSpec] = spec.stages;
    const extended = {
      ...spec,
      stages: [coarseSpec!, { ...fineSpec!, trials: 9 }, { ...fineSpec!, name: 'finest' }],
    };
    await store.commit([
      { kind: 'study-status', study: 'first', status: 'complete', reason: null, endedAtMs: 10 },
      { kind: 'study-extended', spec: extended, stages },
      { kind: 'study-priority', study: 'first', priority: 5 },
      { kind: 'winner', study: 'first', winner: null },
      { kind: 'study-status', study: 'first', status: 'running', reason: null, endedAtMs: null },
    ]);
    expect(await store.study('first')).toEqual({
      ...studyRecord(extended),
      status: 'running',
      priority: 5,
      stages,
    });
  });

  test('a store keeps the end of a budget, and the results of trials that are dropped there', async () => {
    await using fixture = await make();
    await using store = await fixture.open();
    const end = { by: 'time', steps: 20 } as const;
    const own = (index: number) => ({ study: 'first', trial: coarse(index) });
    const reason = 'beyond the end';
    await store.commit([
      ...startedStudy,
      assigned(coarse(2)),
      ended(completeResult(), coarse(2)),
      { kind: 'trial-dropped', ...own(2), reason },
      { kind: 'trial-dropped', ...own(3), reason },
      { kind: 'study-time', study: 'first', activeMs: 7_000 },
      { kind: 'budget-ended', study: 'first', end },
    ]);
    expect(await store.study('first')).toMatchObject({ budgetEnd: end, activeMs: 7_000 });
    const dropped = await store.trials('first');
    expect(dropped.map(({ status }) => status)).toEqual(['waiting', 'cancelled', 'cancelled']);
    expect(dropped[1]).toMatchObject({ reason, result: { steps: 20 } });
    await store.commit([
      { kind: 'budget-ended', study: 'first', end: null },
      { kind: 'trial-restored', ...own(2), status: 'complete', reason: null },
      { kind: 'trial-retried', ...own(3) },
    ]);
    expect(await store.study('first')).not.toHaveProperty('budgetEnd');
    expect((await store.trials('first')).map(({ status }) => status)).toEqual([
      'waiting',
      'complete',
      'waiting',
    ]);
    const again = { kind: 'trial-restored', ...own(3), status: 'complete', reason: null } as const;
    await expect(store.commit([again])).rejects.toThrow();
  });

  test('a store replaces all ranks of a study, and no others', async () => {
    await using fixture = await make();
    await using store = await fixture.open();
    const rank = (index: number, place: number | null) => ({
      trial: coarse(index),
      rankInStage: place,
      rankInStudy: place,
    });
    const spec = specNamed('other');
    await store.commit([
      ...startedStudy,
      { kind: 'study-created', record: studyRecord(spec) },
      { kind: 'stage-opened', study: 'other', stage: { ...stageRecords(spec)[0]!, space } },
      { ...created(coarse(1)), study: 'other' },
      { kind: 'ranks', study: 'other', ranks: [rank(1, 1)] },
      { kind: 'ranks', study: 'first', ranks: [rank(1, 1), rank(2, 2), rank(3, null)] },
    ]);
    expect(await store.ranks('first')).toEqual([rank(1, 1), rank(2, 2)]);
    await store.commit([{ kind: 'ranks', study: 'first', ranks: [rank(3, 1), rank(2, 1)] }]);
    expect(await store.ranks('first')).toEqual([rank(2, 1), rank(3, 1)]);
    await store.commit([{ kind: 'ranks', study: 'first', ranks: [] }]);
    expect(await store.ranks('first')).toEqual([]);
    expect(await store.ranks('other')).toEqual([rank(1, 1)]);
  });
}

function readTests(make: Make): void {
  test('a store keeps what programs have printed, by attempt, and replaces it', async () => {
    await using fixture = await make();
    await using store = await fixture.open();
    const own = { kind: 'attempt-logged', study: 'first', trial: coarse(1), attempt: 1 } as const;
    await store.commit([
      ...startedStudy,
      assigned(coarse(1)),
      { ...own, text: 'err λ\n' },
      { ...own, text: 'err λ\nout {}\n' },
    ]);
    expect(await store.attemptLogs('first', coarse(1))).toEqual(new Map([[1, 'err λ\nout {}\n']]));
    expect(await store.attemptLogs('first', coarse(2))).toEqual(new Map());
    await expect(store.commit([{ ...own, attempt: 2, text: '' }])).rejects.toThrow();
  });

  test('a store that is empty reads as empty', async () => {
    await using fixture = await make();
    await using store = await fixture.open();
    const nothing = { studies: [], trials: [], attempts: [], ranks: [], events: [] };
    expect(await everything(store)).toEqual({ ...nothing, exclusions: new Map() });
    expect(await store.study('first')).toBeNull();
    expect(await store.trial('first', coarse(1))).toBeNull();
    expect(await store.snapshot(async (reads) => reads.trials('first'))).toEqual([]);
  });

  test('a store returns the newest events in the order of their commits', async () => {
    await using fixture = await make();
    await using store = await fixture.open();
    await store.commit(['a', 'b', 'c'].map(event));
    expect((await store.events(2)).map(({ detail }) => detail)).toEqual(['b', 'c']);
  });

  test('a store applies commits in the order of the calls', async () => {
    await using fixture = await make();
    await using store = await fixture.open();
    const details = Array.from({ length: 20 }, (_, index) => String(index));
    await Promise.all(details.map((detail) => store.commit([event(detail)])));
    expect((await store.events(100)).map(({ detail }) => detail)).toEqual(details);
  });

  test('a store reads the same trials and attempts in batches and all at once, also while others read and commit', async () => {
    await using fixture = await make();
    await using store = await fixture.open();
    const count = 2_100;
    const spec = specNamed('first', count);
    const ids = Array.from({ length: count }, (_, at) =>
      coarse(1 + Math.floor(at / 2), 1 + (at % 2)),
    );
    await store.commit([
      { kind: 'study-created', record: studyRecord(spec) },
      { kind: 'stage-opened', study: 'first', stage: { ...stageRecords(spec)[0]!, space } },
      ...ids.flatMap((id) => [created(id), assigned(id), ended(completeResult(), id)]),
    ]);
    const options = { curves: true, correctness: true };
    const [trials, again, attempts] = await Promise.all([
      collect(store.trialBatches('first', options)),
      collect(store.trialBatches('first')),
      collect(store.attemptBatches('first')),
      store.commit([event('meanwhile')]),
    ]);
    expect(trials).toEqual(await store.trials('first', options));
    expect(trials.map(({ id }) => id)).toEqual(ids);
    expect(again).toEqual(await store.trials('first'));
    expect(attempts).toEqual(await store.attempts('first'));
    expect(attempts.length).toBe(count);
  });

  test.for(['the writer', 'another reader'])(
    'a snapshot of %s shows one state, whatever is committed meanwhile',
    async (who) => {
      await using fixture = await make();
      await using store = await fixture.open();
      await using reader = await fixture.openReader();
      await store.commit([event('before')]);
      const source = who === 'the writer' ? store : reader;
      const counts = await source.snapshot(async (reads) => {
        await store.commit([event('during')]);
        const first = (await reads.events(10)).length;
        await store.commit([event('during')]);
        const inner = await reads.snapshot(async (same) => (await same.events(10)).length);
        return [first, inner, (await source.events(10)).length];
      });
      expect(counts).toEqual([1, 1, 3]);
      expect((await reader.events(10)).length).toBe(3);
    },
  );

  test('a store may be closed twice', async () => {
    await using fixture = await make();
    const store = await fixture.open();
    await store.close();
    await store.close();
    await using again = await fixture.open();
    expect(await again.studies()).toEqual([]);
  });
}

async function collect<T>(batches: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const batch of batches) all.push(...batch);
  return all;
}
