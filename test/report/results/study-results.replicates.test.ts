import { describe, expect, test } from 'vitest';
import { formatPlan, type Plan } from '../../../src/report/terminal/plan-text.ts';
import { completeText } from '../../../src/report/results/result-words.ts';
import { formatTables } from '../../../src/report/terminal/terminal-table.ts';
import { formatTrial } from '../../../src/report/terminal/trial-text.ts';
import type { TrialRecord } from '../../../src/study/trial.ts';
import { toDocument, completeResult, study, toResults, trial } from '../support/sample-study.ts';
import { scored } from '../support/scored-study.ts';

const replicate = (record: TrialRecord, number: number): TrialRecord => ({
  ...record,
  id: { ...record.id, replicate: number },
});
/** Of 400 images; the first is the winner of the sample study. */
const raced: readonly TrialRecord[] = [
  scored('fine', 2, 0.01, { right: 188 }),
  replicate(scored('fine', 2, 0.01, { right: 192 }), 2),
  scored('fine', 1, 0.002, { right: 195 }),
];
const repeated = { ...study, spec: { ...study.spec, replicates: 2, racing: true } };
const plain = {
  width: 160,
  color: (_: unknown, text: string) => text,
  unicode: true,
  columns: null,
};

const random = { sampler: 'random', start: 30, round: null, lag: null, after: null } as const;
const planned = {
  study: 's',
  source: 'here',
  counts: { train: 1, validation: 1, test: null },
  steps: 10,
  stepsTotal: { most: 900, expected: null },
  secondsPerTrial: 1,
  secondsPerTrialLow: 1,
  secondsPerTrialHigh: 1.5,
  pack: 8,
  threads: 2,
  busy: 'this machine is busy',
  replicates: 3,
  stages: [
    { name: 'coarse', trials: 30, ...random, space: null, narrows: 'x', configurations: [] },
  ],
  warnings: ['a batch'],
};

describe('results with replicates', () => {
  const results = toResults(repeated, raced);
  const fine = results.stages[1]!;

  test('a configuration with replicates has one row, with their mean and an error that includes the deviation between seeds', () => {
    const [first, second] = fine.rows;
    expect(first).toMatchObject({ trial: 'fine/2', rank: 1, replicates: 2, value: 0.475 });
    expect(second).toMatchObject({ trial: 'fine/1', rank: 2, replicates: 1 });
    const ofImages = Math.sqrt((0.475 * 0.525) / 400);
    // Two values a hundredth apart: s² = 0.01² / 2, and s² / 2 of their mean.
    expect(first!.standardError).toBeCloseTo(Math.sqrt(0.01 ** 2 / 4 + ofImages ** 2), 12);
  });

  test('a row of means has the workers of its replicates, and neither the number nor the digest of one of them', () => {
    const [first, second] = raced;
    const onTwo = [first!, { ...second!, worker: 'node-b' }, raced[2]!];
    const [mean, single] = toResults(repeated, onTwo).stages[1]!.rows;
    expect(mean).toMatchObject({ replicate: null, digest: null, worker: 'node-a, node-b' });
    expect(mean!.digests).toHaveLength(2);
    expect(single).toMatchObject({ replicate: 1, worker: 'node-a' });
    expect(single!.digest).toMatch(/^fine1/);
    const json: { winner: object } = JSON.parse(toDocument(toResults(repeated, onTwo)));
    expect(json.winner).toMatchObject({ replicate: null, replicates: 2, digest: null });
    const each = toResults(repeated, onTwo, { rows: 'trial' }).stages[1]!.rows;
    expect(each.map((row) => [row.replicate, row.worker, row.digest?.slice(0, 5)])).toEqual([
      [1, 'node-a', 'fine2'],
      [2, 'node-b', 'fine2'],
      [1, 'node-a', 'fine1'],
    ]);
  });

  test('a row of means of more than two workers shows their number in the table', () => {
    const workers = ['node-a', 'node-b', 'node-c'];
    const seeds = workers.map((worker, at) =>
      replicate({ ...scored('fine', 2, 0.01, { right: 188 }), worker }, at + 1),
    );
    expect(formatTables(toResults(repeated, seeds), plain)).toContain('3 workers');
  });

  test('a configuration with replicates is not compared with the best while its first replicate runs', () => {
    const running = trial('fine', 1, 0.002, { status: 'running', result: null });
    const early = toResults(repeated, [
      ...raced.slice(0, 2),
      running,
      replicate(scored('fine', 1, 0.002, { right: 100 }), 2),
    ]);
    expect(
      early.stages[1]!.rows.map(({ trial: name, value, tied }) => [name, value, tied]),
    ).toEqual([
      ['fine/2', 0.475, true],
      ['fine/1', 0.25, null],
    ]);
  });

  test('a configuration with replicates keeps its rank if each replicate has a row, and the winner keeps the mean', () => {
    const each = toResults(repeated, raced, { rows: 'trial' });
    expect(each.stages[1]!.rows.map(({ trial: name, rank, value }) => [name, rank, value])).toEqual(
      [
        ['fine/2', 1, 0.47],
        ['fine/2.2', 1, 0.48],
        ['fine/1', 2, 0.4875],
      ],
    );
    expect(each.winner).toEqual(results.winner);
    expect(each.winner!.value).toBe(0.475);
  });

  test('a configuration with replicates keeps its complete name in a narrow terminal, where the worker is removed', () => {
    const many = raced.map((each) => ({
      ...each,
      id: { ...each.id, index: each.id.index + 4_710 },
      worker: 'a-node-with-a-long-name',
      attempts: 2,
    }));
    const text = formatTables(toResults(repeated, many, { rows: 'trial' }), {
      ...plain,
      width: 50,
    });
    expect(text).toContain('│ fine/4712.2 │');
    expect(text).toMatch(/not shown at this width: .*worker/);
  });

  test('a configuration with replicates shows in the table how many replicates it has, and that the test accuracy is their mean', () => {
    const text = formatTables(results, plain);
    expect(text).toMatch(/2 of \d+ configurations complete, replicates per round: 2, 1/);
    expect(text).toContain('(mean of 2)');
    expect(text).toContain(
      '± of a mean is one standard error from the seeds and the choice of these 400 validation images; ± of one trial and the test (≈) cover the images alone',
    );
    expect(text).toMatch(/│ repl\. │/);
    expect(formatTables(toResults(study, raced.slice(0, 1)), plain)).not.toContain('repl.');
  });

  test('a configuration with replicates ranked by a loss has the standard error of the seeds only, and the text reports that', () => {
    const spec = {
      ...repeated.spec,
      racing: false,
      objective: { metric: 'validation_loss', direction: 'minimize' } as const,
    };
    const losses = [1.5, 1.52].map((loss, index) =>
      replicate(
        trial('fine', 2, 0.01, { result: completeResult(0.4, { validation_loss: loss }) }),
        index + 1,
      ),
    );
    const text = formatTables(toResults({ ...repeated, spec }, losses), plain);
    expect(text).toContain('validation loss 1.5100 ± 0.0100 (biased downwards');
    expect(text).toContain('± covers the seeds, not the choice of images');
  });

  test('a configuration with replicates that won has one test per replicate, and the row of each replicate shows its test', () => {
    const tests = [1, 2].map((number) => ({
      replicate: number,
      accuracy: (40 + number) / 100,
      loss: 1,
      worker: 'node-b',
    }));
    const won = { ...repeated, winner: { ...study.winner!, testAccuracy: 0.415, tests } };
    const { winner } = JSON.parse(toDocument(toResults(won, raced))) as {
      winner: { test_accuracy: number; test_standard_error: number; tests: object[] };
    };
    // Seeds: 0.41 and 0.42, s²/2 = 2.5e-5; images: 0.415 · 0.585 / 500.
    const variance = 2.5e-5 + (0.415 * 0.585) / 500;
    expect(winner.test_standard_error).toBeCloseTo(Math.sqrt(variance), 12);
    expect(winner.test_accuracy).toBe(0.415);
    expect(winner.tests[1]).toEqual({
      replicate: 2,
      test_accuracy: 0.42,
      test_loss: 1,
      test_worker: 'node-b',
      digest: `fine2${'0'.repeat(59)}`,
    });
    const each = toResults(won, raced, { rows: 'trial' }).stages[1]!.rows;
    expect(each.map(({ metrics }) => metrics['test_accuracy'])).toEqual([0.41, 0.42, undefined]);
  });

  test('a configuration with replicates has the number of averaged replicates in JSON', () => {
    const { stages } = JSON.parse(toDocument(results)) as {
      stages: { trials: { replicates: number }[] }[];
    };
    expect(stages[1]!.trials.map(({ replicates }) => replicates)).toEqual([2, 1]);
  });

  test('a configuration with replicates fails if one replicate fails, with its reason', () => {
    const diverged = replicate(
      trial('fine', 2, 0.01, { status: 'failed', reason: 'diverged', result: null }),
      2,
    );
    const [row] = toResults(repeated, [raced[0]!, diverged]).stages[1]!.failed;
    expect(row).toMatchObject({ trial: 'fine/2', status: 'failed', rank: null, value: null });
    expect(row!.reason).toBe('replicate 2: diverged');
  });

  test('a configuration with replicates is distinguished from its replicates in the output of one trial', () => {
    const each = toResults(repeated, raced, { rows: 'trial' });
    const text = formatTrial(
      {
        study: repeated,
        results: each,
        row: each.stages[1]!.rows[1]!,
        trial: raced[1]!,
        attempts: [],
        command: 'ridgeline train',
      },
      plain,
    );
    expect(text).toMatch(/replicate +2 of 2 of this configuration/);
  });

  test('a configuration with replicates counts as planned while it waits', () => {
    expect(completeText(toResults(study, raced.slice(0, 1)).stages)).toBe('1 of 5 trials complete');
    expect(completeText(toResults(repeated, raced).stages)).toMatch(
      /^\d of 5 configurations complete$/,
    );
  });

  test('a plan lists trials by their values with three digits, and only the ends of a long stage', () => {
    const configurations = Array.from({ length: 30 }, (_, index) => ({
      trial: `coarse/${index + 1}`,
      params: { lambda: 1.234_56e-3 / (index + 1) },
    }));
    const space = { lambda: { distribution: 'log_uniform', min: 1e-6, max: 1 } } as const;
    const stage = { name: 'coarse', trials: 30, ...random, space, narrows: null, configurations };
    const plan = { ...planned, racing: false, stages: [stage] };
    const listed = (all: boolean) => formatPlan(plan, all).match(/^ {2}(?:coarse|…).*$/gm) ?? [];
    expect(listed(true)).toHaveLength(30);
    expect(listed(true).at(-1)).toMatch(/coarse\/1 +λ 1\.23e-3$/);
    expect(listed(false)).toHaveLength(21);
    expect(listed(false)[10]).toBe('  … 10 more between; --all lists them');
  });

  test('a plan says how the configurations of a stage are chosen', () => {
    const lines = (how: Partial<Plan['stages'][number]>): string =>
      formatPlan({ ...planned, racing: false, stages: [{ ...planned.stages[0]!, ...how }] }, false);
    expect(lines({})).not.toContain('sampler');
    expect(lines({ sampler: 'spread' })).toContain('\n  sampler spread: evenly over the space\n');
    expect(lines({ sampler: 'model', start: 9, round: 8 })).toContain(
      '\n  sampler model: 9 trials evenly over the space, then 21 near the best results, in rounds of 8\n',
    );
    expect(lines({ sampler: 'model', start: 0, lag: 1, after: 'coarse' })).toContain(
      '\n  sampler model: 30 near the best results, with a lag of 1 trial; the results of coarse are used from the start\n',
    );
  });

  test('a configuration with replicates is planned with the least and the greatest cost of a race', () => {
    expect(formatPlan({ ...planned, racing: true }, false)).toMatch(
      /30 to 90 trials[^]*1 s to 1\.5 s a trial, 8 side by side in a thread; 15 s to 1 min 08 s in all on 2 threads/,
    );
    const text = formatPlan({ ...planned, racing: false }, false);
    expect(text).toMatch(/study s: 90 trials[^]*\n {2}this machine is busy\n/);
    expect(text).toContain('\nwarning: a batch\n');
  });
});
