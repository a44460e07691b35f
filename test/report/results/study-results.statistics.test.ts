import { describe, expect, test } from 'vitest';
import { lambdaFloor } from '../../../src/trainers/two-layer/weight-decay-floor.ts';
import { formatJson } from '../../../src/report/files/json.ts';
import { formatLatex } from '../../../src/report/files/latex.ts';
import { formatMarkdown } from '../../../src/report/files/markdown.ts';
import { studyResults } from '../../../src/report/results/study-results.ts';
import { formatTables, type TableOptions } from '../../../src/report/terminal/terminal-table.ts';
import type { TrialRecord } from '../../../src/study/trial.ts';
import { completeResult, study, trial, trials } from '../support/sample-study.ts';
import { scored, scoredTrials, studyOf } from '../support/scored-study.ts';

const options: TableOptions = {
  width: 110,
  color: (_style, text) => text,
  unicode: true,
  columns: null,
};
const results = studyResults(study, scoredTrials);

describe('uncertainty in the results', () => {
  test('is a standard error in every row, and a sign for the rows tied with the best', () => {
    expect(formatTables(results, options)).toContain(`
┌──────┬────────┬─────────┬─────────┬──────────────┬──────┬──────┬────────┬────────┬────────┬─────────┐
│ rank │ trial  │       λ │ train % │ validation % │    ± │ tied │   loss │ test % │ worker │ seconds │
├──────┼────────┼─────────┼─────────┼──────────────┼──────┼──────┼────────┼────────┼────────┼─────────┤
│  * 1 │ fine/2 │ 8.00e-3 │   61.25 │        50.00 │ 2.50 │ =    │ 1.5032 │  46.80 │ node-a │    1.23 │
│    2 │ fine/1 │ 2.00e-3 │   61.25 │        49.00 │ 2.50 │ =    │ 1.5032 │      - │ node-a │    1.23 │
└──────┴────────┴─────────┴─────────┴──────────────┴──────┴──────┴────────┴────────┴────────┴─────────┘
`);
  });

  test('is in the winner’s lines: optimistic value, test accuracy, how many are tied and where', () => {
    expect(formatTables(results, options)).toContain(`
winner  fine/2  λ 8.00e-3  validation 50.00 ± 2.50 % (optimistic: it was chosen by it)  test 46.80 %
        digest fine2000…  reproduced on worker node-b
tied    3 of 4 trials cannot be told from the best (=), λ 2.00e-3 … 8.00e-3
noise   ± and = are about the choice of these 400 validation images, not about the seed
`);
  });

  test('is in the JSON, row by row and for the winner', () => {
    const parsed = JSON.parse(formatJson(results));
    expect(parsed.stages[0].trials.map((row: { tied: boolean }) => row.tied)).toEqual([
      true,
      false,
      null,
    ]);
    expect(parsed.stages[1].trials[0].standard_error).toBe(0.025);
    expect(parsed.winner).toMatchObject({
      standard_error: 0.025,
      tied: true,
      tied_trials: 3,
      compared_trials: 4,
      tied_lambda: { min: 2e-3, max: 8e-3 },
    });
    expect(parsed.fit).toBeNull();
  });

  test('is in the documents', () => {
    expect(formatMarkdown(results)).toContain('**tied:** 3 of 4 trials cannot be told');
    expect(formatLatex(results)).toContain(String.raw`\textbf{tied:} 3 of 4 trials cannot be told`);
  });

  test('names no tied trials for a loss, which is not known image by image', () => {
    const spec = {
      ...study.spec,
      objective: { metric: 'validation_loss', direction: 'minimize' } as const,
    };
    const byLoss = studyResults({ ...study, spec }, scoredTrials);
    expect(byLoss.ties).toBeNull();
    expect(byLoss.stages[0]!.rows.every((row) => row.tied === null)).toBe(true);
    expect(formatTables(byLoss, options)).not.toMatch(/tied|±/);
  });

  test('is left out where the answers are not at hand, rather than guessed', () => {
    expect(studyResults(study, trials).ties).toBeNull();
    expect(JSON.parse(formatJson(studyResults(study, trials))).winner.tied_trials).toBeNull();
  });
});

describe('the curve over λ', () => {
  test('is told in a sentence where the trials support it', () => {
    const hump = Array.from({ length: 20 }, (_, index) => {
      const exponent = -5 + 0.2 * index;
      const right = Math.round(320 - 60 * (exponent + 3) ** 2);
      return scored('coarse', index + 1, 10 ** exponent, { right });
    });
    const told = studyResults(studyOf({}), hump);
    expect(told.fit?.bestLambda).toBeCloseTo(1e-3, 4);
    expect(formatTables(told, options)).toMatch(
      /curve {3}the smooth curve is highest at λ [\d.]+e-[34], and clearly lower below/,
    );
    expect(JSON.parse(formatJson(told)).fit.best_lambda).toBe(told.fit?.bestLambda);
  });
});

describe('warnings', () => {
  const warningsOf = (records: readonly TrialRecord[]): string =>
    studyResults(studyOf({}), records).warnings.join('\n');

  test('the best λ is the outermost one that was tried', () => {
    const rising = [1, 2, 3, 4].map((k) => scored('coarse', k, 10 ** -k, { right: 50 * (5 - k) }));
    expect(warningsOf(rising)).toContain(
      'The best trial, coarse/1, has the largest λ of all: the optimum may lie above 1.00e-1; try a range that ends at 1.00e+1.',
    );
    const falling = [1, 2, 3, 4].map((k) => scored('coarse', k, 10 ** -k, { right: 50 * k }));
    expect(warningsOf(falling)).toContain('has the smallest λ of all: the optimum may lie below');
  });

  test('not so where a diverged trial lies beyond it, or narrowing has said it already', () => {
    const rising = [1, 2, 3].map((k) => scored('coarse', k, 10 ** -k, { right: 50 * (5 - k) }));
    const beyond = trial('coarse', 9, 1, {
      status: 'failed',
      reason: 'diverged',
      result: { kind: 'diverged', steps: 3, seconds: 0, curve: [] },
    });
    expect(warningsOf([...rising, beyond])).not.toContain('largest λ of all');
    const [coarse, fine] = study.stages;
    const said = studyOf({
      stages: [coarse!, { ...fine!, warnings: ['the best λ may lie above the coarse range'] }],
    });
    expect(studyResults(said, rising).warnings.join()).not.toContain('largest λ of all');
  });

  test('not so for a lucky seed at the edge that a race has left behind', () => {
    const second = scored('coarse', 2, 1e-2, { right: 200 });
    const raced = [
      scored('coarse', 1, 1e-1, { right: 210 }),
      scored('coarse', 2, 1e-2, { right: 200 }),
      { ...second, id: { ...second.id, replicate: 2 } },
      scored('coarse', 3, 1e-3, { right: 150 }),
    ];
    const told = studyResults(studyOf({}), raced);
    expect(told.best?.trial).toBe('coarse/2');
    expect(told.warnings.join()).not.toContain('largest λ of all');
  });

  test('all trials are tied, of the study or of a stage', () => {
    const alike = [1, 2, 3].map((k) => scored('coarse', k, 10 ** -k, { right: 200 + (k % 2) }));
    expect(warningsOf(alike)).toContain('None of the 3 trials can be told from the best');
    const worse = scored('fine', 1, 1e-9, { right: 10 });
    expect(warningsOf([...alike, worse])).toContain(
      'coarse: all 3 trials are tied with the best: within this range the noise of 400 validation images is larger',
    );
  });

  test('a λ so small that float32 cannot feel it, by the arithmetic of the update', () => {
    const { learningRate } = study.spec.trainer;
    const floor = lambdaFloor(learningRate, 1000);
    // The whole decay of a weight w = 1 over the training, in exact arithmetic: half an ulp of it at the floor.
    const rates = Array.from({ length: 1000 }, (_, step) => {
      const rise = 1 - Math.abs(step / 500 - 1);
      return learningRate.min + (learningRate.max - learningRate.min) * rise;
    });
    const decay = rates.reduce((sum, rate) => sum + 2 * rate * floor, 0);
    expect(decay / 2 ** -24).toBeCloseTo(1, 2);
    const small = trial('coarse', 1, floor / 2, { result: completeResult(0.4) });
    expect(warningsOf([small])).toContain('which float32 training cannot feel: in 1000 steps');
    const large = trial('coarse', 1, floor * 2, { result: completeResult(0.4) });
    expect(warningsOf([large])).not.toContain('float32');
  });

  test('the test set stands in every row', () => {
    const spec = { ...study.spec, test: 'all' } as const;
    expect(studyResults(studyOf({ spec }), trials).warnings.join()).toContain('test: all');
  });
});
