/** What is committed is what is read: any valid history, and the turns that a study may take. */
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openStore, openStoreReader } from '../../../src/store/sqlite/open-store.ts';
import type { TrialRecord } from '../../../src/study/trial.ts';
import { choices, History } from '../support/history.ts';
import {
  coarse,
  completeResult,
  ended,
  everything,
  granted,
  specNamed,
  startedStudy,
  studyRecord,
} from '../support/records.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const owner = 'pid 1 on here';

function inOrder<T>(
  records: readonly T[],
  idOf: (record: T) => { stage: string; index: number },
): T[] {
  return records.toSorted(
    (a, b) => idOf(a).stage.localeCompare(idOf(b).stage) || idOf(a).index - idOf(b).index,
  );
}

function lastPointOnly({ result, ...trial }: TrialRecord): TrialRecord {
  if (result === null) return { ...trial, result };
  const curve = result.curve.slice(-1);
  return {
    ...trial,
    result:
      result.kind === 'complete'
        ? { ...result, curve, validationCorrect: new Uint8Array(0) }
        : { ...result, curve },
  };
}

describe('a history', () => {
  test('is read back as it was committed, however its rows are grouped, also after it is opened again', () => {
    using directory = temporaryDirectory();
    let run = 0;
    const seen = new Set<string>();
    fc.assert(
      fc.property(choices, fc.integer({ min: 1, max: 20 }), (steps, group) => {
        const stateDir = join(directory.path, String(++run));
        const history = new History('first');
        for (const choice of steps) history.step(choice);
        for (const row of history.rows)
          seen.add(row.kind === 'trial-ended' ? row.result.kind : row.kind);
        {
          using store = openStore(stateDir, { owner });
          for (let at = 0; at < history.rows.length; at += group)
            store.commit(history.rows.slice(at, at + group));
        }
        using reader = openStoreReader(stateDir);
        const attempts = inOrder(history.attempts, ({ trial }) => trial);
        const trials = inOrder(history.trials, ({ id }) => id);
        expect(everything(reader)).toEqual({
          studies: [history.study],
          trials: [trials],
          attempts: [attempts],
          events: history.events,
        });
        expect(reader.study('first')).toEqual(history.study);
        expect(reader.trials('first')).toEqual(trials.map(lastPointOnly));
        expect(trials.map(({ id }) => reader.trial('first', id))).toEqual(trials);
        expect(trials.flatMap(({ id }) => reader.attempts('first', id))).toEqual(attempts);
        expect(reader.recomputed('first')).toEqual(
          attempts.filter(
            ({ outcome, kind: purpose }) =>
              outcome === 'duplicate' ||
              outcome === 'disputed' ||
              (outcome === 'accepted' && purpose !== 'search'),
          ),
        );
      }),
      { numRuns: 60 },
    );
    // Otherwise the property would prove less than it says.
    const kinds = [
      'attempt-closed',
      'attempt-opened',
      'attempt-reported',
      'complete',
      'diverged',
      'event',
      'result-replaced',
      'stage-closed',
      'stage-opened',
    ];
    expect([...seen].toSorted()).toEqual([
      ...kinds,
      'study-created',
      'trial-audited',
      'trial-created',
      'trial-status',
      'winner',
    ]);
  });

  test('keeps studies in the order of submission, and forgets one that is removed with all that is its own', () => {
    using directory = temporaryDirectory();
    using store = openStore(directory.path, { owner });
    for (const name of ['second', 'first', 'third']) {
      store.commit([{ kind: 'study-created', record: studyRecord(specNamed(name)) }]);
    }
    expect(store.studies().map(({ spec }) => spec.study)).toEqual(['second', 'first', 'third']);
    expect(store.removeStudy('first')).toBe(true);
    store.commit([
      ...startedStudy,
      granted,
      ended(completeResult()),
      { kind: 'event', atMs: 1, study: 'first', what: 'a', detail: 'b' },
    ]);
    store.commit([
      {
        kind: 'winner',
        study: 'first',
        winner: {
          trial: coarse(1),
          testAccuracy: null,
          testLoss: null,
          testWorker: null,
          reproduced: null,
          tests: [],
        },
      },
    ]);
    expect(store.studies().map(({ spec }) => spec.study)).toEqual(['second', 'third', 'first']);
    expect(store.removeStudy('first')).toBe(true);
    expect(store.removeStudy('first')).toBe(false);
    expect(store.trials('first')).toEqual([]);
    expect(store.attempts('first')).toEqual([]);
    expect(store.events(10)).toEqual([]);
    expect(store.study('first')).toBeNull();
    expect(store.studies().map(({ spec }) => spec.study)).toEqual(['second', 'third']);
  });

  test('goes on when a finished study gets more trials and another stage', () => {
    using directory = temporaryDirectory();
    using store = openStore(directory.path, { owner });
    store.commit(startedStudy);
    const spec = specNamed('first', 3);
    const [first, second] = store.study('first')!.stages;
    const added = {
      name: 'finest',
      trials: 3,
      range: null,
      reason: null,
      closed: false,
      warnings: [],
    };
    const stages = [first!, { ...second!, trials: 9 }, added];
    const extended = {
      ...spec,
      stages: [
        spec.stages[0]!,
        { ...spec.stages[1]!, trials: 9 },
        { ...spec.stages[1]!, name: 'finest', trials: 3 },
      ],
    };
    store.commit([
      { kind: 'study-status', study: 'first', status: 'complete', reason: null, endedAtMs: 10 },
      { kind: 'study-extended', spec: extended, stages },
      { kind: 'winner', study: 'first', winner: null },
      { kind: 'study-status', study: 'first', status: 'running', reason: null, endedAtMs: null },
    ]);
    expect(store.study('first')).toEqual({ ...studyRecord(extended), status: 'running', stages });
  });
});
