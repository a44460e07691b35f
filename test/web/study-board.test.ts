/** What the page is told of a study, and how much of it. */
import { describe, expect, test } from 'vitest';
import { parseStudy } from '../../src/config/parse-study.ts';
import { StudyBoard } from '../../src/web/study-board.ts';
import type { StudyRecord } from '../../src/study/study-record.ts';
import type { TrialRecord } from '../../src/study/trial.ts';

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
  knownAnswer: 'x',
  partDigests: {},
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

function trial(k: number, lambda: number, value: number | null): TrialRecord {
  const measurement = {
    step: 10,
    epoch: 1,
    learningRate: 0.1,
    trainLoss: 1,
    trainCost: 1,
    trainAccuracy: 0.5,
    validationLoss: 1,
    validationCost: 1,
    validationAccuracy: value ?? 0,
    testLoss: null,
    testAccuracy: null,
  };
  return {
    id: { stage: 'coarse', k, replicate: 1 },
    lambda,
    status: value === null ? 'waiting' : 'complete',
    reason: null,
    attempts: 1,
    charged: 0,
    worker: value === null ? null : 'alpha',
    fingerprint: null,
    audit: null,
    result:
      value === null
        ? null
        : {
            kind: 'complete',
            steps: 10,
            seconds: 1,
            digest: 'd',
            curve: [measurement],
            validationCorrect: new Uint8Array(3),
          },
  };
}

describe('a board', () => {
  test('ranks what has ended, and moves a row up as soon as its trial ends', () => {
    const board = new StudyBoard([trial(1, 1e-3, 0.5), trial(2, 1e-2, 0.7), trial(3, 1e-4, null)]);
    expect(board.page(record).rows.map((row) => row.trial)).toEqual([
      'coarse/2',
      'coarse/1',
      'coarse/3',
    ]);
    board.ended(trial(3, 1e-4, 0.9));
    const page = board.page(record);
    expect(page.best).toMatchObject({ trial: 'coarse/3', rank: 1, value: 0.9 });
    expect(page.stages).toMatchObject([{ name: 'coarse', trials: 5, done: 3 }]);
  });

  test('shows the curve of a trial while it runs, and starts it again with the trial', () => {
    const board = new StudyBoard([trial(1, 1e-3, null)]);
    const measured = (step: number): void =>
      board.measured(
        { stage: 'coarse', k: 1, replicate: 1 },
        {
          ...trial(1, 1e-3, 0.5).result!.curve[0]!,
          step,
        },
      );
    measured(10);
    measured(20);
    expect(board.page(record).curves[0]?.points.map(({ step }) => step)).toEqual([10, 20]);
    measured(10);
    expect(board.page(record).curves[0]?.points.map(({ step }) => step)).toEqual([10]);
    board.ended(trial(1, 1e-3, 0.5));
    expect(board.page(record).curves).toEqual([]);
  });

  test('draws 100,000 trials with a page of less than a megabyte, the best trial among them', () => {
    const many = Array.from({ length: 100_000 }, (_, index) =>
      trial(index + 1, 10 ** (-6 * ((index * 0.618_034) % 1)), ((index * 7919) % 100_003) / 1e6),
    );
    const page = new StudyBoard(many).page(record);
    expect(page.pointsTotal).toBe(100_000);
    expect(page.points.length).toBeLessThanOrEqual(96 * 64);
    expect(page.points.length).toBeGreaterThan(1_000);
    expect(page.points.map((point) => point[3])).toContain(page.best?.trial);
    expect(JSON.stringify(page).length).toBeLessThan(1_000_000);
  });

  test('gives any part of the ranking, of one stage or all', () => {
    const board = new StudyBoard([trial(1, 1e-3, 0.5), trial(2, 1e-2, 0.7), trial(3, 1e-4, 0.6)]);
    const part = board.rows(record, { stage: 'coarse', offset: 1, limit: 1 });
    expect(part).toMatchObject({ total: 3, rows: [{ trial: 'coarse/3', rank: 2 }] });
    expect(board.rows(record, { stage: 'fine', offset: 0, limit: 9 })).toEqual({
      total: 0,
      rows: [],
    });
  });
});
