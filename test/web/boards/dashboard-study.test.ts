/** What the page is told of a study, and how much of it. */
import { describe, expect, test } from 'vitest';
import { parseStudy } from '../../../src/config/parse-study.ts';
import { studyResults } from '../../../src/report/results/study-results.ts';
import { dotsMax } from '../../../src/report/charts/scatter-scene.ts';
import { StudyBoard } from '../../../src/web/boards/dashboard-study.ts';
import type { StudyRecord } from '../../../src/study/study-record.ts';
import {
  noCorrectness,
  type Measurement,
  type TrialRecord,
  type TrialResult,
} from '../../../src/study/trial.ts';

const spec = parseStudy(
  `study: board
seed: 1
dataset: { name: digits, train: { count: 1000 }, validation: { count: 400 } }
trainer:
  hidden: 8
  batch: 50
  learning_rate: { min: 1.0e-4, max: 0.2, step_size: 100 }
  cycles: 1
objective: { metric: validation_accuracy, direction: maximize }
stages:
  - { name: coarse, trials: 5, lambda: { distribution: log_uniform, min: 1.0e-6, max: 1.0 } }
`,
  'board.yaml',
);

const record: StudyRecord = {
  spec,
  status: 'running',
  reason: null,
  createdAtMs: 0,
  endedAtMs: null,
  selfTestDigest: 'x',
  shardDigests: {},
  officialData: null,
  stages: [
    {
      name: 'coarse',
      trials: 5,
      range: { min: 1e-6, max: 1 },
      reason: null,
      closed: false,
      warnings: [],
    },
  ],
  winner: null,
};

const repeated: StudyRecord = { ...record, spec: { ...spec, replicates: 2 } };

const measurement = (validationAccuracy: number): Measurement => ({
  step: 10,
  epoch: 1,
  learningRate: 0.1,
  trainLoss: 1,
  trainCost: 1,
  trainAccuracy: 0.5,
  validationLoss: 1,
  validationCost: 1,
  validationAccuracy,
  testLoss: null,
  testAccuracy: null,
});

function trial(
  k: number,
  lambda: number,
  value: number | null,
  changes: Partial<TrialRecord> = {},
): TrialRecord {
  return {
    id: { stage: 'coarse', index: k, replicate: 1 },
    lambda,
    status: value === null ? 'waiting' : 'complete',
    reason: null,
    attempts: 1,
    failures: 0,
    worker: value === null ? null : 'alpha',
    fingerprint: null,
    audit: null,
    result: value === null ? null : complete(value),
    ...changes,
  };
}

function complete(value: number, validationCorrect: Uint8Array = noCorrectness): TrialResult {
  return {
    kind: 'complete',
    steps: 10,
    seconds: 1,
    digest: 'd',
    curve: [measurement(value)],
    validationCorrect,
  };
}

/** Right on the first `right` of 400 images. */
function scored(k: number, lambda: number, right: number, replicate = 1): TrialRecord {
  const bits = new Uint8Array(50);
  for (let image = 0; image < right; image++) bits[image >> 3]! |= 1 << (image & 7);
  return trial(k, lambda, right / 400, {
    id: { stage: 'coarse', index: k, replicate },
    result: complete(right / 400, bits),
  });
}

describe('a board', () => {
  test('has the warnings of the study as the tables have them, once it is over', () => {
    const trials = [scored(1, 1e-3, 300), scored(2, 1e-2, 301), scored(3, 1e-4, 302)];
    const over: StudyRecord = { ...record, status: 'complete' };
    const { warnings } = new StudyBoard(over, trials).page(over);
    expect(warnings).toEqual(studyResults(over, trials).warnings);
    expect(warnings.join()).toMatch(/smallest λ of all.*None of the 3 trials can be told/);
    expect(new StudyBoard(record, trials).page(record).warnings).toEqual([]);
  });

  test('ranks what has ended, and moves a row up when its trial has', () => {
    const board = new StudyBoard(record, [
      trial(1, 1e-3, 0.5),
      trial(2, 1e-2, 0.7),
      trial(3, 1e-4, null),
    ]);
    expect(board.page(record).rows.map((row) => row.trial)).toEqual([
      'coarse/2',
      'coarse/1',
      'coarse/3',
    ]);
    board.refresh(record, [trial(1, 1e-3, 0.5), trial(2, 1e-2, 0.7), trial(3, 1e-4, 0.9)]);
    const page = board.page(record);
    expect(page.best).toMatchObject({ trial: 'coarse/3', rank: 1, value: 0.9 });
    expect(page.stages).toMatchObject([{ name: 'coarse', trials: 5, counts: { complete: 3 } }]);
  });

  test('shows a λ with replicates as the tables do: one row, with the mean of everything', () => {
    const trials = [scored(1, 1e-3, 300), scored(1, 1e-3, 320, 2), scored(2, 1e-2, 280)];
    const page = new StudyBoard(repeated, trials).page(repeated);
    expect(page.rows).toHaveLength(2);
    expect(page.rows[0]).toMatchObject({ trial: 'coarse/1', replicates: 2, attempts: 2 });
    expect(page.rows[0]!.value).toBeCloseTo(0.775, 12);
    expect(page.rows[0]!.validationAccuracy).toBeCloseTo(0.775, 12);
    expect(page.stages).toMatchObject([{ counts: { complete: 2 }, replicates: [2, 1] }]);
    expect(page.points).toHaveLength(2);
    const [row] = studyResults(repeated, trials).stages[0]!.rows;
    expect(page.rows[0]).toEqual(row);
  });

  test('marks what is tied with the best, gives errors, and what an audit has shown', () => {
    const trials = [
      scored(1, 1e-3, 300),
      { ...scored(2, 1e-2, 298), audit: 'verified' as const },
      scored(3, 1e-1, 200),
    ];
    const page = new StudyBoard(record, trials).page(record);
    expect(page.rows.map(({ tied }) => tied)).toEqual([true, true, false]);
    expect(page.points.map((point) => point[4])).toEqual([true, true, false]);
    expect(page.rows[0]!.standardError).toBeCloseTo(Math.sqrt((0.75 * 0.25) / 400), 12);
    expect(page.rows.map(({ audit }) => audit)).toEqual([null, 'verified', null]);
    expect(page.ties).toMatchObject({ tied: 2, compared: 3 });
    expect(page.validationCount).toBe(400);
  });

  test('gives the fit where the trials support one', () => {
    const bend = Array.from({ length: 25 }, (_, index) => {
      const x = -6 + index / 4;
      return scored(index + 1, 10 ** x, Math.round(360 - 20 * (x + 3) ** 2 + (index % 3)));
    });
    const page = new StudyBoard(record, bend).page(record);
    expect(page.fit?.bestLambda).toBeGreaterThan(1e-4);
    expect(page.fit?.bestLambda).toBeLessThan(1e-2);
    expect(page.fit?.points.every(({ low, fit, high }) => low < fit && fit < high)).toBe(true);
  });

  test('draws a failed trial without a value, and names the winner with what it gave again', () => {
    const failed = trial(2, 0.5, null, { status: 'failed', reason: 'given up' });
    const over: StudyRecord = {
      ...record,
      status: 'complete',
      winner: {
        trial: { stage: 'coarse', index: 1, replicate: 1 },
        testAccuracy: 0.6,
        testLoss: 1,
        testWorker: 'beta',
        reproduced: true,
        tests: [],
      },
    };
    const page = new StudyBoard(over, [failed, scored(1, 1e-3, 300)]).page(over);
    expect(page.points).toEqual([
      [0, 1e-3, 0.75, 'coarse/1', true],
      [0, 0.5, null, 'coarse/2', null],
    ]);
    expect(page.winner).toMatchObject({ trial: 'coarse/1', testAccuracy: 0.6, reproduced: true });
    expect(page.best).toEqual(page.winner);
    expect(page.stages[0]!.counts).toMatchObject({ complete: 1, failed: 1 });
  });

  test('shows the curve of a trial while it runs, and starts it again with the trial', () => {
    const running = trial(1, 1e-3, null, { status: 'running' });
    const board = new StudyBoard(record, [running]);
    const measured = (step: number): void =>
      board.measured(running.id, { ...measurement(0.5), step });
    measured(10);
    // One point is no line yet.
    expect(board.page(record).curves).toEqual([]);
    measured(20);
    expect(board.page(record).curves[0]?.points.map(({ step }) => step)).toEqual([10, 20]);
    measured(10);
    measured(30);
    expect(board.page(record).curves[0]?.points.map(({ step }) => step)).toEqual([10, 30]);
    board.ended(running.id);
    expect(board.page(record).curves).toEqual([]);
  });

  test('draws 100,000 trials with a page of less than a megabyte, the best trial among them', () => {
    const many = Array.from({ length: 100_000 }, (_, index) =>
      trial(index + 1, 10 ** (-6 * ((index * 0.618_034) % 1)), ((index * 7919) % 100_003) / 1e6),
    );
    const large = { ...record, stages: [{ ...record.stages[0]!, trials: 100_000 }] };
    const page = new StudyBoard(large, many).page(large);
    expect(page).toMatchObject({ isCompared: false, ties: null, fit: null });
    expect(page.pointsTotal).toBe(100_000);
    expect(page.points.length).toBeLessThanOrEqual(dotsMax);
    expect(page.points.length).toBeGreaterThan(1_000);
    expect(page.points.map((point) => point[3])).toContain(page.best?.trial);
    expect(JSON.stringify(page).length).toBeLessThan(1_000_000);
  });

  test('gives any part of the ranking, of one stage or all', () => {
    const board = new StudyBoard(record, [
      trial(1, 1e-3, 0.5),
      trial(2, 1e-2, 0.7),
      trial(3, 1e-4, 0.6),
    ]);
    const part = board.rows(record, { stage: 'coarse', offset: 1, limit: 1 });
    expect(part).toMatchObject({ total: 3, rows: [{ trial: 'coarse/3', rank: 2 }] });
    expect(board.rows(record, { stage: 'fine', offset: 0, limit: 9 })).toEqual({
      total: 0,
      rows: [],
    });
  });
});
