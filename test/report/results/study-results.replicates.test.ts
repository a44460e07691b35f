import { describe, expect, test } from 'vitest';
import { formatJson } from '../../../src/report/files/json.ts';
import { formatPlan } from '../../../src/report/terminal/plan-text.ts';
import { completeText } from '../../../src/report/results/result-words.ts';
import { studyResults } from '../../../src/report/results/study-results.ts';
import { formatTables } from '../../../src/report/terminal/terminal-table.ts';
import { formatTrial } from '../../../src/report/terminal/trial-text.ts';
import type { TrialRecord } from '../../../src/study/trial.ts';
import { completeResult, study, trial } from '../support/sample-study.ts';
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

describe('a λ with replicates', () => {
  const results = studyResults(repeated, raced);
  const fine = results.stages[1]!;

  test('has one row, with their mean and an error that knows of the seeds', () => {
    const [first, second] = fine.rows;
    expect(first).toMatchObject({ trial: 'fine/2', rank: 1, replicates: 2, value: 0.475 });
    expect(second).toMatchObject({ trial: 'fine/1', rank: 2, replicates: 1 });
    const ofImages = Math.sqrt((0.475 * 0.525) / 400);
    // Two values a hundredth apart: s² = 0.01² / 2, and s² / 2 of their mean.
    expect(first!.standardError).toBeCloseTo(Math.sqrt(0.01 ** 2 / 4 + ofImages ** 2), 12);
  });

  test('is not called worse than the best as long as its first replicate runs: it was not compared', () => {
    const running = trial('fine', 1, 0.002, { status: 'running', result: null });
    const early = studyResults(repeated, [
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

  test('keeps its place when each replicate has a row, and the winner keeps the mean', () => {
    const each = studyResults(repeated, raced, 'trial');
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

  test('keeps its whole name in a narrow terminal, where the worker, say, can go', () => {
    const many = raced.map((each) => ({
      ...each,
      id: { ...each.id, k: each.id.index + 4_710 },
      worker: 'a-node-with-a-long-name',
      attempts: 2,
    }));
    const text = formatTables(studyResults(repeated, many, 'trial'), { ...plain, width: 50 });
    expect(text).toContain('│ fine/4712.2 │');
    expect(text).toMatch(/not shown at this width: .*worker/);
  });

  test('shows in the table how many there are, and that the test accuracy is their mean', () => {
    const text = formatTables(results, plain);
    expect(text).toMatch(/2 of \d+ λ complete, replicates of 2, 1 λ/);
    expect(text).toContain('(mean of 2)');
    expect(text).toContain(
      '± of a mean is about the seeds and about the choice of these 400 validation images; ± of one trial and = are about the images alone',
    );
    expect(text).toMatch(/│ repl\. │/);
    expect(formatTables(studyResults(study, raced.slice(0, 1)), plain)).not.toContain('repl.');
  });

  test('of a loss has an error that is of the seeds alone, in the winner’s line too, and the text says so', () => {
    const spec = {
      ...repeated.spec,
      racing: false,
      objective: { metric: 'validation_loss', direction: 'minimize' } as const,
    };
    const losses = [1.5, 1.52].map((validationLoss, index) =>
      replicate(
        trial('fine', 2, 0.01, { result: completeResult(0.4, { validationLoss }) }),
        index + 1,
      ),
    );
    const text = formatTables(studyResults({ ...repeated, spec }, losses), plain);
    expect(text).toContain('validation loss 1.5100 ± 0.0100 (optimistic');
    expect(text).toContain('± of a mean is about the seeds alone, not about the choice of images');
  });

  test('that won has its tests one by one, and each of its rows its own', () => {
    const tests = [1, 2].map((number) => ({
      replicate: number,
      accuracy: (40 + number) / 100,
      loss: 1,
      worker: 'node-b',
    }));
    const won = { ...repeated, winner: { ...study.winner!, testAccuracy: 0.415, tests } };
    const { winner } = JSON.parse(formatJson(studyResults(won, raced))) as {
      winner: { test_accuracy: number; tests: object[] };
    };
    expect(winner.test_accuracy).toBe(0.415);
    expect(winner.tests[1]).toEqual({
      replicate: 2,
      test_accuracy: 0.42,
      test_loss: 1,
      test_worker: 'node-b',
    });
    const each = studyResults(won, raced, 'trial').stages[1]!.rows;
    expect(each.map(({ testAccuracy }) => testAccuracy)).toEqual([0.41, 0.42, null]);
  });

  test('says in JSON how many went into the mean', () => {
    const { stages } = JSON.parse(formatJson(results)) as {
      stages: { trials: { replicates: number }[] }[];
    };
    expect(stages[1]!.trials.map(({ replicates }) => replicates)).toEqual([2, 1]);
  });

  test('is failed when one replicate is, and says which', () => {
    const diverged = replicate(
      trial('fine', 2, 0.01, { status: 'failed', reason: 'diverged', result: null }),
      2,
    );
    const [row] = studyResults(repeated, [raced[0]!, diverged]).stages[1]!.failed;
    expect(row).toMatchObject({ trial: 'fine/2', status: 'failed', rank: null, value: null });
    expect(row!.reason).toBe('replicate 2: diverged');
  });

  test('is told from its replicates where one of them is looked at', () => {
    const each = studyResults(repeated, raced, 'trial');
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
    expect(text).toMatch(/replicate +2 of 2 of this λ/);
  });

  test('is counted while it waits, but not called done', () => {
    expect(completeText(studyResults(study, raced.slice(0, 1)).stages)).toBe(
      '1 of 5 trials complete',
    );
    expect(completeText(studyResults(repeated, raced).stages)).toMatch(/^\d of 5 λ complete$/);
  });

  test('is planned with the least and the most that a race may cost', () => {
    const plan = {
      study: 's',
      source: 'here',
      counts: { train: 1, validation: 1, test: null },
      steps: 10,
      secondsPerTrial: 1,
      replicates: 3,
      stages: [{ name: 'coarse', trials: 30, range: null, narrows: 'x', lambdas: [] }],
      warnings: ['a batch'],
    };
    expect(formatPlan({ ...plan, racing: true })).toMatch(
      /30 to 90 trials[^]*30 s to 1 min 30 s on/,
    );
    expect(formatPlan({ ...plan, racing: false })).toMatch(/study s: 90 trials/);
    expect(formatPlan({ ...plan, racing: false })).toContain('\nwarning: a batch\n');
  });
});
