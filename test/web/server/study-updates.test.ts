/** Study updates: what a stream sends of a page, and that the page is complete after it is merged. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergeUpdate } from '../../../src/web/page/merge-update.ts';
import type { StudyPage, StudyUpdate } from '../../../src/web/page-messages.ts';
import { StudyUpdates } from '../../../src/web/server/study-updates.ts';

interface Shown {
  readonly study: string;
  readonly reason: string | null;
  /** Values of rows and of points. */
  readonly list: readonly number[];
  /** By trial: the first and the last step. */
  readonly curves: Readonly<Record<string, readonly [number, number]>>;
}

/** A page with some of its fields; the others play no part. */
function toPage({ study, reason, list, curves }: Shown): StudyPage {
  const page: Partial<StudyPage> = {
    study,
    reason,
    rows: list.map((value) => ({ value })) as unknown as StudyPage['rows'],
    points: list.map((value) => [0, value, value, `t${value}`, null, null, null, 1]),
    curves: Object.entries(curves).map(([trial, [first, last]]) => ({
      trial,
      params: { lambda: 0.1 },
      points: Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => ({
        step: first + at,
        metrics: { loss: 1 / (first + at) },
      })),
    })),
  };
  return page as StudyPage;
}

const shown: fc.Arbitrary<Shown> = fc.record({
  study: fc.constantFrom('one', 'one', 'one', 'two'),
  reason: fc.constantFrom(null, 'paused'),
  list: fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 8 }),
  curves: fc.dictionary(
    fc.constantFrom('a', 'b', 'c'),
    fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 4, max: 9 })),
  ),
});

describe('a stream of a study', () => {
  test('gives the present page after each message, whatever has changed, also with another study or a restarted trial', () => {
    fc.assert(
      fc.property(fc.array(shown, { minLength: 1, maxLength: 12 }), (states) => {
        const updates = new StudyUpdates();
        let merged: StudyPage | null = null;
        for (const page of states.map(toPage)) {
          const text = updates.next(page);
          if (text !== null) merged = mergeUpdate(merged, JSON.parse(text) as StudyUpdate);
          expect(merged).toEqual(page);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('sends the points of a curve once, and nothing if nothing has changed', () => {
    const updates = new StudyUpdates();
    const state = { study: 'one', reason: null, list: [1, 2, 3] };
    updates.next(toPage({ ...state, curves: { a: [1, 300] } }));
    const grown = updates.next(toPage({ ...state, curves: { a: [3, 302] } }));
    expect(JSON.parse(grown!)).toEqual({
      isWhole: false,
      curves: [
        {
          trial: 'a',
          params: { lambda: 0.1 },
          firstStep: 3,
          points: [301, 302].map((step) => ({ step, metrics: { loss: 1 / step } })),
        },
      ],
    });
    expect(updates.next(toPage({ ...state, curves: { a: [3, 302] } }))).toBeNull();
  });

  test('names the rows that the page has, and sends new ones', () => {
    const updates = new StudyUpdates();
    const state = { study: 'one', reason: null, curves: {} };
    updates.next(toPage({ ...state, list: [1, 2, 3, 4] }));
    const { rows } = JSON.parse(updates.next(toPage({ ...state, list: [1, 2, 9, 3, 4] }))!);
    expect(rows).toEqual([{ kept: [0, 2] }, { added: [{ value: 9 }] }, { kept: [2, 2] }]);
  });
});
