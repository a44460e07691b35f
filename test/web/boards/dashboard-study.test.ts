/** The messages about one study, and their size. */
import { describe, expect, test } from 'vitest';
import { parseStudy } from '../../../src/config/parse-study.ts';
import { twoLayer } from '../../../src/trainers/two-layer/description.ts';
import { describeTrainer } from '../../../src/trainers/registry.ts';
import { studyResults } from '../../../src/report/results/study-results.ts';
import { dotsMax } from '../../../src/report/charts/scatter-scene.ts';
import { studyImportance } from '../../../src/report/results/study-importance.ts';
import { DashboardStudy } from '../../../src/web/boards/dashboard-study.ts';
import { RunningCurves } from '../../../src/web/boards/running-curves.ts';
import type { RowsQuery } from '../../../src/web/boards/row-query.ts';
import type { StudyRecord } from '../../../src/study/study-record.ts';
import type { TrainerDescription } from '../../../src/study/trainer-description.ts';
import {
  noCorrectness,
  trialName,
  type AttemptRecord,
  type Measurement,
  type TrialRecord,
  type TrialResult,
} from '../../../src/study/trial.ts';
import { toResults } from '../../report/support/sample-study.ts';
import { wideStudy, wideTrials } from '../../report/support/wide-study.ts';

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
  describeTrainer,
);

const record: StudyRecord = {
  spec,
  status: 'running',
  priority: 1,
  reason: null,
  createdAtMs: 0,
  endedAtMs: null,
  selfTestDigest: 'x',
  shardDigests: {},
  officialData: null,
  dataWarnings: [],
  imageCounts: null,
  stages: [
    {
      name: 'coarse',
      trials: 5,
      space: { lambda: { distribution: 'log_uniform', min: 1e-6, max: 1 } },
      reason: null,
      closed: false,
    },
  ],
  winner: null,
};

const repeated: StudyRecord = { ...record, spec: { ...spec, replicates: 2 } };

const measurement = (validationAccuracy: number): Measurement => ({
  step: 10,
  metrics: { train_loss: 1, train_accuracy: 0.5, validation_accuracy: validationAccuracy },
});

function trial(
  index: number,
  lambda: number,
  value: number | null,
  changes: Partial<TrialRecord> = {},
): TrialRecord {
  return {
    id: { stage: 'coarse', index, replicate: 1 },
    params: { lambda },
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

function dashboardStudy(
  ...args: readonly [StudyRecord, TrainerDescription, readonly TrialRecord[], RunningCurves?]
): DashboardStudy {
  const [study, trainer, trials, curves = new RunningCurves()] = args;
  return new DashboardStudy(study, trainer, trials, curves);
}

/** Right on the first `right` of 400 images. */
function scored(index: number, lambda: number, right: number, replicate = 1): TrialRecord {
  const bits = new Uint8Array(50);
  for (let image = 0; image < right; image++) bits[image >> 3]! |= 1 << (image & 7);
  return trial(index, lambda, right / 400, {
    id: { stage: 'coarse', index, replicate },
    result: complete(right / 400, bits),
  });
}

describe('DashboardStudy', () => {
  test('the dashboard has the warnings of the tables once the study is over', () => {
    const trials = [scored(1, 1e-3, 300), scored(2, 1e-2, 301), scored(3, 1e-4, 302)];
    const over: StudyRecord = { ...record, status: 'complete' };
    const { warnings } = dashboardStudy(over, twoLayer, trials).page(over);
    expect(warnings).toEqual(studyResults(over, trials, twoLayer).warnings);
    expect(warnings.map(({ text }) => text).join()).toMatch(
      /^No significant effect of λ was found with 400 validation images/,
    );
    expect(dashboardStudy(record, twoLayer, trials).page(record).warnings).toEqual([]);
  });

  test('the dashboard ranks trials that have ended, and moves a row up when its trial ends', () => {
    const dashboard = dashboardStudy(record, twoLayer, [
      trial(1, 1e-3, 0.5),
      trial(2, 1e-2, 0.7),
      trial(3, 1e-4, null),
    ]);
    expect(dashboard.page(record).rows.map((row) => row.trial)).toEqual([
      'coarse/2',
      'coarse/1',
      'coarse/3',
    ]);
    dashboard.refresh(record, [trial(1, 1e-3, 0.5), trial(2, 1e-2, 0.7), trial(3, 1e-4, 0.9)]);
    const page = dashboard.page(record, 6);
    // Two trials of five are left, at six per minute.
    expect(page.leftMs).toBe(20_000);
    expect(page.best).toMatchObject({ trial: 'coarse/3', rank: 1, value: 0.9 });
    expect(page.stages).toMatchObject([{ name: 'coarse', trials: 5, counts: { complete: 3 } }]);
  });

  test('the dashboard shows a configuration with replicates as one row with means', () => {
    const trials = [scored(1, 1e-3, 300), scored(1, 1e-3, 320, 2), scored(2, 1e-2, 280)];
    const page = dashboardStudy(repeated, twoLayer, trials).page(repeated);
    expect(page.rows).toHaveLength(2);
    expect(page.rows[0]).toMatchObject({ trial: 'coarse/1', replicates: 2, attempts: 2 });
    expect(page.rows[0]!.value).toBeCloseTo(0.775, 12);
    expect(page.rows[0]!.metrics['validation_accuracy']).toBeCloseTo(0.775, 12);
    expect(page.stages).toMatchObject([{ counts: { complete: 2 }, replicates: [2, 1] }]);
    expect(page.points).toHaveLength(2);
    const [row] = studyResults(repeated, trials, twoLayer).stages[0]!.rows;
    expect(page.rows[0]).toEqual(row);
  });

  test('the dashboard shows ties, errors and audits', () => {
    const trials = [
      scored(1, 1e-3, 300),
      { ...scored(2, 1e-2, 298), audit: 'verified' as const },
      scored(3, 1e-1, 200),
    ];
    const page = dashboardStudy(record, twoLayer, trials).page(record);
    expect(page.rows.map(({ tied }) => tied)).toEqual([true, true, false]);
    expect(page.points.map((point) => point[4])).toEqual([true, true, false]);
    expect(page.rows[0]!.standardError).toBeCloseTo(Math.sqrt((0.75 * 0.25) / 400), 12);
    expect(page.rows.map(({ audit }) => audit)).toEqual([null, 'verified', null]);
    expect(page.ties).toMatchObject({ tied: 2, compared: 3 });
    expect(page.validationCount).toBe(400);
  });

  test('the dashboard has the fit if the trials support one', () => {
    const bend = Array.from({ length: 25 }, (_, index) => {
      const x = -6 + index / 4;
      return scored(index + 1, 10 ** x, Math.round(360 - 20 * (x + 3) ** 2 + (index % 3)));
    });
    const page = dashboardStudy(record, twoLayer, bend).page(record);
    expect(page.fit?.bestAt).toBeGreaterThan(1e-4);
    expect(page.fit?.bestAt).toBeLessThan(1e-2);
    expect(page.fit?.points.every(({ low, fit, high }) => low < fit && fit < high)).toBe(true);
  });

  test('the dashboard draws a failed trial without a value, and has the winner with its test', () => {
    const failed = trial(2, 0.5, null, { status: 'failed', reason: 'failed 3 times' });
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
        attemptsBefore: [],
      },
    };
    const page = dashboardStudy(over, twoLayer, [failed, scored(1, 1e-3, 300)]).page(over);
    expect(page.points).toEqual([
      [0, 1e-3, 0.75, 'coarse/1', true, 0.0217, 1, 1],
      [0, 0.5, null, 'coarse/2', null, null, null, 0],
    ]);
    expect(page.winner).toMatchObject({
      trial: 'coarse/1',
      metrics: { test_accuracy: 0.6 },
      reproduced: true,
    });
    expect(page.best).toEqual(page.winner);
    expect(page.stages[0]!.counts).toMatchObject({ complete: 1, failed: 1 });
  });

  test('the dashboard shows the curve of a running trial, and restarts it with the trial', () => {
    const running = trial(1, 1e-3, null, { status: 'running' });
    const curves = new RunningCurves();
    const dashboard = dashboardStudy(record, twoLayer, [running], curves);
    const measured = (step: number): void =>
      curves.measured('board', running.id, { ...measurement(0.5), step });
    measured(10);
    // A line needs two points.
    expect(dashboard.page(record).curves).toEqual([]);
    measured(20);
    expect(dashboard.page(record).curves[0]?.points.map(({ step }) => step)).toEqual([10, 20]);
    measured(10);
    measured(30);
    expect(dashboard.page(record).curves[0]?.points.map(({ step }) => step)).toEqual([10, 30]);
    curves.ended('board', running.id);
    expect(dashboard.page(record).curves).toEqual([]);
  });

  test('the dashboard has less than a megabyte for 100,000 trials, and draws the best of them', () => {
    const many = Array.from({ length: 100_000 }, (_, index) =>
      trial(index + 1, 10 ** (-6 * ((index * 0.618_034) % 1)), ((index * 7919) % 100_003) / 1e6),
    );
    const large = { ...record, stages: [{ ...record.stages[0]!, trials: 100_000 }] };
    const page = dashboardStudy(large, twoLayer, many).page(large);
    expect(page).toMatchObject({ isCompared: false, ties: null, fit: null });
    expect(page.pointsTotal).toBe(100_000);
    expect(page.points.length).toBeLessThanOrEqual(dotsMax);
    expect(page.points.length).toBeGreaterThan(1_000);
    expect(page.points.map((point) => point[3])).toContain(page.best?.trial);
    expect(JSON.stringify(page).length).toBeLessThan(1_000_000);
  });

  describe('rows of the ranking', () => {
    const all = { stage: null, where: null, sort: null, offset: 0, limit: 9 };
    const trials = [
      trial(1, 1e-3, 0.5),
      trial(2, 1e-2, 0.7),
      trial(3, 1e-4, 0.6, { worker: 'beta' }),
      trial(4, 1e-1, null),
    ];
    const dashboard = dashboardStudy(record, twoLayer, trials);
    const names = (query: Partial<RowsQuery>): string[] =>
      dashboard.rows(record, { ...all, ...query }).rows.map(({ trial: name }) => name);

    test('are any part of one stage or of all', () => {
      const part = dashboard.rows(record, { ...all, stage: 'coarse', offset: 1, limit: 1 });
      expect(part).toMatchObject({ total: 4, rows: [{ trial: 'coarse/3', rankInStudy: 2 }] });
      expect(dashboard.rows(record, { ...all, stage: 'fine' })).toEqual({ total: 0, rows: [] });
    });

    test('are filtered by a condition or a word and sorted by a column, and count what matches', () => {
      expect(names({ where: 'validation_accuracy > 0.55' })).toEqual(['coarse/2', 'coarse/3']);
      expect(names({ where: 'beta' })).toEqual(['coarse/3']);
      expect(names({ where: 'waiting' })).toEqual(['coarse/4']);
      expect(names({ sort: 'lambda:desc' })[0]).toBe('coarse/4');
      const part = { ...all, where: 'lambda < 0.05', sort: 'lambda', offset: 1, limit: 1 };
      expect(dashboard.rows(record, part)).toMatchObject({
        total: 3,
        rows: [{ trial: 'coarse/1' }],
      });
      expect(() => names({ where: 'lambda >' })).toThrow(/expected a value for lambda/);
      expect(() => names({ sort: 'lamda' })).toThrow(/There is no column "lamda"/);
    });

    test('change with the next read of the trials', () => {
      const where = 'validation_accuracy > 0.65';
      expect(names({ where })).toEqual(['coarse/2']);
      dashboard.refresh(record, [...trials.slice(0, 3), trial(4, 1e-1, 0.8)]);
      expect(names({ where })).toEqual(['coarse/4', 'coarse/2']);
    });
  });

  test('the page of a trial has its row, attempts and curve, and of one that trains now the curve so far', () => {
    const trials = [
      scored(1, 1e-3, 300),
      scored(1, 1e-3, 320, 2),
      trial(2, 1e-2, null, { status: 'running' }),
    ];
    const curves = new RunningCurves();
    const dashboard = dashboardStudy(repeated, twoLayer, trials, curves);
    const attempt: AttemptRecord = {
      trial: trials[1]!.id,
      attempt: 1,
      kind: 'search',
      worker: 'alpha',
      session: 's',
      machineId: 's',
      tokenId: 's',
      pack: 'p',
      assignedAtMs: 1,
      endedAtMs: 2,
      outcome: 'accepted',
      reason: null,
      fingerprint: 'f',
    };
    const source = { attempts: [attempt], command: 'train it' };
    const second = dashboard.detail(repeated, { ...source, trial: trials[1]! });
    expect(second).toMatchObject({
      row: { trial: 'coarse/1.2', value: 0.8, replicates: 1 },
      mean: { trial: 'coarse/1', replicates: 2 },
      replicates: [{ trial: 'coarse/1' }, { trial: 'coarse/1.2' }],
      attempts: [{ attempt: 1, worker: 'alpha', outcome: 'accepted' }],
      verification: 'computed once',
      command: 'train it',
    });
    expect(second?.curve).toEqual([measurement(0.8)]);
    curves.measured('board', trials[2]!.id, measurement(0.4));
    const running = dashboard.detail(repeated, { ...source, trial: trials[2]! });
    expect(running).toMatchObject({ mean: null, curve: [measurement(0.4)], verification: null });
  });
});

describe('a study of several hyperparameters', () => {
  const curves = new RunningCurves();

  test('has points with all values, scales, and the importance once it is over', () => {
    const running = { ...wideStudy, status: 'running' } as const;
    const open = new DashboardStudy(running, twoLayer, wideTrials, curves).page(running, null);
    expect(open.parameter).toBeNull();
    expect(open.importance).toBeNull();
    const page = new DashboardStudy(wideStudy, twoLayer, wideTrials, curves).page(wideStudy, null);
    expect(page.importance).toEqual(studyImportance(toResults(wideStudy, wideTrials)));
    expect(page.scales).toEqual(toResults(wideStudy, wideTrials).scales);
    expect(page.points).toHaveLength(wideTrials.length);
    for (const [, at, , trial, , , , , params] of page.points) {
      expect(at).toBeNull();
      expect(params).toEqual(wideTrials.find(({ id }) => trialName(id) === trial)?.params);
    }
  });

  test('can be filtered and sorted by each of them', () => {
    const board = new DashboardStudy(wideStudy, twoLayer, wideTrials, curves);
    const query = { stage: null, where: 'hidden >= 50 and mirror', sort: 'dropout' };
    const { rows } = board.rows(wideStudy, { ...query, offset: 0, limit: 100 });
    expect(rows.length).toBeGreaterThan(5);
    expect(rows.every(({ params }) => Number(params['hidden']) >= 50)).toBe(true);
    expect(rows.every(({ params }) => params['mirror'] === true)).toBe(true);
  });
});
