import { describe, expect, test } from 'vitest';
import { lambdaFloor } from '../../../src/trainers/two-layer/weight-decay-floor.ts';
import { plainTrainer } from '../../study/support/example-study.ts';
import { formatLatex } from '../../../src/report/files/latex.ts';
import { formatMarkdown } from '../../../src/report/files/markdown.ts';
import { formatTables, type TableOptions } from '../../../src/report/terminal/terminal-table.ts';
import {
  toDocument,
  completeResult,
  study,
  toResults,
  trial,
  trials,
  warningText,
} from '../support/sample-study.ts';
import { scored, scoredTrials, openStudy } from '../support/scored-study.ts';

const options: TableOptions = {
  width: 110,
  color: (_style, text) => text,
  unicode: true,
  columns: null,
};
const results = toResults(study, scoredTrials);

describe('uncertainty in the results', () => {
  test('every row has a standard error, and the rows tied with the best have a sign', () => {
    expect(formatTables(results, options)).toContain(`
┌──────┬──────────┬─────────┬────────────────┬──────────────┬─────────┬────────┬────────┬─────────┐
│ rank │ trial    │       λ │ validation % ≈ │       test % │ train % │   loss │ worker │ train s │
├──────┼──────────┼─────────┼────────────────┼──────────────┼─────────┼────────┼────────┼─────────┤
│    1 │ coarse/2 │ 4.00e-3 │ 48.75 ± 2.50 ≈ │            - │   61.25 │ 1.5032 │ node-a │    1.23 │
│    2 │ coarse/1 │ 1.00e-7 │ 30.00 ± 2.29   │            - │   61.25 │ 1.5032 │ node-a │    1.23 │
│    - │ coarse/3 │ 9.00e-2 │         failed │            - │       - │      - │ -      │       - │
└──────┴──────────┴─────────┴────────────────┴──────────────┴─────────┴────────┴────────┴─────────┘
`);
  });

  test('the lines of the winner have its biased value, the test accuracy, and the trials that are not significantly worse', () => {
    expect(formatTables(results, options)).toMatch(/^winner/);
    expect(`\n${formatTables(results, options)}`).toContain(`
winner  fine/2  λ 8.00e-3  validation 50.00 ± 2.50 % (biased upwards: it selected the trial)
        test 46.80 ± 2.23 %  digest fine2000…  reproduced bit for bit by another worker (node-b)
tied    3 of 4 trials are not significantly worse than the best (≈; paired test over the same 400 validation
        images, 5 % over all comparisons): λ 2.00e-3 … 8.00e-3

fine  λ`);
    expect(formatTables(results, options)).toContain(`
noise   ± is one standard error from the choice of these 400 validation images; random seeds are not included
        (\`replicates: 3\` adds them)
`);
  });

  test('the JSON has errors and ties of every row and of the winner', () => {
    const parsed = JSON.parse(toDocument(results));
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

  test('the largest λ that is not significantly worse is named as the conservative choice', () => {
    const more = [...scoredTrials, scored('fine', 3, 5e-2, { first: 8, right: 195 })];
    const text = formatTables(toResults(study, more), { ...options, width: 400 });
    expect(text).toContain(
      'λ 2.00e-3 … 5.00e-2; the largest of them, fine/3, is the conservative choice',
    );
    expect(JSON.parse(toDocument(toResults(study, more))).winner).toMatchObject({
      conservative_trial: 'fine/3',
    });
    expect(JSON.parse(toDocument(results)).winner).toMatchObject({ conservative_trial: null });
  });

  test('a row with ≈ below one without it is explained', () => {
    // 194 of the images of the best, so each difference is against it; or others, so that they differ on more.
    const close = scored('fine', 3, 3e-3, { right: 194 });
    const far = scored('fine', 4, 4e-3, { first: 30, right: 193 });
    const text = formatTables(toResults(study, [...scoredTrials, close, far]), options);
    expect(text).toContain('a row with ≈ can be below one without it');
    expect(formatTables(results, options)).not.toContain('can be below');
  });

  test('trials that share the best value have one rank, and a sentence says why one was selected', () => {
    const [first, second] = [
      scored('fine', 2, 8e-3, { right: 200 }),
      scored('fine', 3, 7e-3, { right: 200 }),
    ];
    const equal = [...scoredTrials.filter(({ id }) => id.stage === 'coarse'), first, second];
    const text = formatTables(toResults(study, equal), options);
    expect(text).toMatch(/│ \* 1= │ fine\/2 .*\n│ +1= │ fine\/3 /);
    // Both losses are equal, and two values are equally far from their middle.
    expect(text).toContain('2 trials share 50.00 %; fine/2 was selected (sampled first)');
  });

  test('a second training by the same worker is not called a reproduction by another one', () => {
    const winner = study.winner!;
    const text = (changes: Partial<typeof winner>): string =>
      formatTables(
        toResults({ ...study, winner: { ...winner, ...changes } }, scoredTrials),
        options,
      );
    const test = { replicate: 1, accuracy: 0.468, loss: 1.6, worker: 'node-a' };
    expect(text({ testWorker: 'node-a', tests: [test] })).toContain(
      're-trained by the same worker (node-a): identical',
    );
    const by = (relation: 'other-machine' | 'other-worker'): string =>
      text({ testWorker: 'node-b', tests: [{ ...test, worker: 'node-b', relation }] });
    expect(by('other-worker')).toContain(
      're-trained by another worker of the same machine (node-b): identical',
    );
    expect(by('other-machine')).toContain(
      're-trained by another worker with the same token (node-b): identical',
    );
    // Release 0.1.0 stored no single tests.
    expect(text({ testWorker: 'node-a', tests: [], attemptsBefore: [] })).toContain(
      're-trained by the same worker',
    );
    expect(text({ testWorker: 'node-b', tests: [], attemptsBefore: [] })).toContain(
      'reproduced bit for bit by another worker (node-b)',
    );
  });

  test('the test accuracy has the binomial standard error of its images, unless their number is unknown', () => {
    expect(results.winner!.testStandardError).toBeCloseTo(Math.sqrt((0.468 * 0.532) / 500), 15);
    const files = { ...study.spec.dataset!, test: ['test'] };
    const old = { ...study, imageCounts: null, spec: { ...study.spec, dataset: files } };
    expect(toResults(old, scoredTrials).winner!.testStandardError).toBeNull();
    expect(formatTables(toResults(old, scoredTrials), options)).toContain('test 46.80 %');
  });

  test('documents have the sentence about ties', () => {
    expect(formatMarkdown(results)).toContain(
      '**tied:** 3 of 4 trials are not significantly worse',
    );
    expect(formatLatex(results)).toContain('% tied: 3 of 4 trials are not significantly worse');
    expect(formatLatex(results, { notes: true })).toContain(
      String.raw`\textbf{tied:} 3 of 4 trials are not significantly worse`,
    );
  });

  test('a study ranked by a loss has no ties, since losses are not stored per image', () => {
    const spec = {
      ...study.spec,
      objective: { metric: 'validation_loss', direction: 'minimize' } as const,
    };
    const byLoss = toResults({ ...study, spec }, scoredTrials);
    expect(byLoss.ties).toBeNull();
    expect(byLoss.stages[0]!.rows.every((row) => row.tied === null)).toBe(true);
    expect(formatTables(byLoss, options)).not.toMatch(/tied|loss [\d.]+ ±/);
  });

  test('without validation bits there are no ties', () => {
    expect(toResults(study, trials).ties).toBeNull();
    expect(JSON.parse(toDocument(toResults(study, trials))).winner.tied_trials).toBeNull();
  });
});

describe('the curve over λ', () => {
  test('a sentence reports the best value of the curve if the trials support one', () => {
    const hump = Array.from({ length: 20 }, (_, index) => {
      const exponent = -5 + 0.2 * index;
      const right = Math.round(320 - 60 * (exponent + 3) ** 2);
      return scored('coarse', index + 1, 10 ** exponent, { right });
    });
    const results = toResults(openStudy({}), hump);
    expect(results.fit?.bestAt).toBeCloseTo(1e-3, 4);
    expect(formatTables(results, options)).toMatch(
      /curve {3}the fitted curve is best at λ [\d.]+e-[34], and significantly worse below/,
    );
    expect(JSON.parse(toDocument(results)).fit.best_lambda).toBe(results.fit?.bestAt);
  });
});

describe('warnings', () => {
  test('a study or stage in which all trials are tied is reported', () => {
    const alike = [1, 2, 3].map((k) => scored('coarse', k, 10 ** -k, { right: 200 + (k % 2) }));
    expect(warningText(openStudy({}), alike)).toContain(
      'No significant effect of λ was found with 400 validation images: no trial is significantly worse than the best. That does not prove that they are equal: with 400 images, differences of up to 0.25 points were not significant. Use more validation images, or replicates.',
    );
    const same = [1, 2, 3].map((k) => scored('coarse', k, 10 ** -k, { right: 200 }));
    expect(warningText(openStudy({}), same)).toContain(
      'worse than the best. All have the same accuracy on these 400 images',
    );
    const worse = scored('fine', 1, 1e-9, { right: 10 });
    expect(warningText(openStudy({}), [...alike, worse])).toContain(
      'No trial of stage coarse is significantly worse than coarse/1. That does not prove',
    );
    // A trial that was stopped at a rung was clearly worse there.
    const stopped = { ...scored('coarse', 4, 1e-9, { right: 10 }), status: 'stopped' } as const;
    expect(warningText(openStudy({}), [...alike, stopped])).not.toMatch(/significant effect/);
    expect(warningText(openStudy({}), [...alike, stopped, worse])).not.toContain(
      'No trial of stage',
    );
  });

  test('a λ without effect in float32 is reported, by the arithmetic of the update', () => {
    const learningRate = { ...plainTrainer.learningRate, stepSize: 500 };
    const floor = lambdaFloor(learningRate, 1000);
    // The decay of a weight w = 1 over the training, in exact arithmetic, is half an ulp at the floor.
    const rates = Array.from({ length: 1000 }, (_, step) => {
      const rise = 1 - Math.abs(step / 500 - 1);
      return learningRate.min + (learningRate.max - learningRate.min) * rise;
    });
    const decay = rates.reduce((sum, rate) => sum + 2 * rate * floor, 0);
    expect(decay / 2 ** -24).toBeCloseTo(1, 2);
    const small = trial('coarse', 1, floor / 2, { result: completeResult(0.4) });
    expect(warningText(openStudy({}), [small])).toContain(
      'too small to have an effect in float32 (less than one rounding step per weight in 1000 steps)',
    );
    const means = [1, 2].map((replicate) => ({ ...small, id: { ...small.id, replicate } }));
    expect(warningText(openStudy({}), means)).toContain('1 configuration had λ below');
    const large = trial('coarse', 1, floor * 2, { result: completeResult(0.4) });
    expect(warningText(openStudy({}), [large])).not.toContain('float32');
  });

  test('a test set that is measured in every trial is reported', () => {
    const spec = { ...study.spec, test: 'all' } as const;
    expect(warningText(openStudy({ spec }), trials)).toContain('test: all');
  });

  test('a stage whose trials all diverged is reported with what to lower', () => {
    const result = { kind: 'diverged', steps: 12, seconds: 0, curve: [] } as const;
    const diverged = [1, 2].map((k) => trial('coarse', k, 10 * k, { status: 'failed', result }));
    expect(warningText(openStudy({}), diverged)).toContain(
      'All 2 trials of stage coarse diverged within 12 steps (λ 1.00e+1 … 2.00e+1): lower learning_rate.max (0.1), or search λ below 1.00e+1.',
    );
    const larger = trial('fine', 1, 30, { result: completeResult(0.4) });
    expect(warningText(openStudy({}), [...diverged, larger])).toContain(
      '(λ 1.00e+1 … 2.00e+1): lower learning_rate.max (0.1).',
    );
  });

  test('trials that are far from any smooth curve are reported instead of a curve', () => {
    const records = Array.from({ length: 60 }, (_, index) => {
      const isLost = index > 47 && index % 2 === 0;
      const right = isLost ? 120 : 380 + (index % 2);
      return scored('coarse', index + 1, 10 ** (-6 + index / 10), { right });
    });
    const { fit, warnings } = toResults(openStudy({}), records);
    expect([fit, warnings.map(({ code }) => code)]).toEqual([
      null,
      expect.arrayContaining(['curve_hidden']),
    ]);
  });
});
