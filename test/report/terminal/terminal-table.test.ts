import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { displayWidth } from '../../../src/report/text/display-width.ts';
import { selectResults } from '../../../src/report/results/select-results.ts';
import { formatTables, type TableOptions } from '../../../src/report/terminal/terminal-table.ts';
import { completeResult, study, toResults, trial, trials } from '../support/sample-study.ts';
import { scoredTrials } from '../support/scored-study.ts';

const results = toResults(study, trials);
const options: TableOptions = {
  width: 100,
  color: (_style, text) => text,
  unicode: true,
  columns: null,
};

describe('formatTables', () => {
  test('the answer comes first, then a table per stage with the same columns, the last stage first, then the warnings', () => {
    expect(formatTables(results, options))
      .toBe(`winner  fine/2  λ 1.23e-2  validation 47.12 % (biased upwards: it selected the trial)
        test 46.80 ± 2.23 %  digest 1a2b3c4d…  reproduced bit for bit by another worker (node-b)

fine  λ 1.00e-3 … 1.00e-2  2 of 2 trials complete
  from 1.00e-3 to 1.00e-2: the best trial is coarse/2
┌──────┬──────────┬─────────┬────────┬──────────────┬─────────┬────────┬──────┬────────┬──────┐
│ rank │ trial    │       λ │  val % │       test % │ train % │   loss │ att. │ worker │    s │
├──────┼──────────┼─────────┼────────┼──────────────┼─────────┼────────┼──────┼────────┼──────┤
│  * 1 │ fine/2   │ 1.23e-2 │  47.12 │ 46.80 ± 2.23 │   61.25 │ 1.5032 │    1 │ node-a │ 1.23 │
│    2 │ fine/1   │ 2.00e-3 │  45.00 │            - │   61.25 │ 1.5032 │    1 │ node-b │ 1.23 │
└──────┴──────────┴─────────┴────────┴──────────────┴─────────┴────────┴──────┴────────┴──────┘

coarse  λ 1.00e-9 … 1.00e-1  2 of 3 trials complete, 1 failed
┌──────┬──────────┬─────────┬────────┬──────────────┬─────────┬────────┬──────┬────────┬──────┐
│ rank │ trial    │       λ │  val % │       test % │ train % │   loss │ att. │ worker │    s │
├──────┼──────────┼─────────┼────────┼──────────────┼─────────┼────────┼──────┼────────┼──────┤
│    1 │ coarse/2 │ 4.00e-3 │  46.00 │            - │   61.25 │ 1.5032 │    2 │ node-a │ 1.23 │
│    2 │ coarse/1 │ 1.23e-7 │  41.00 │            - │   61.25 │ 1.5032 │    1 │ node-a │ 1.23 │
│    - │ coarse/3 │ 9.00e-2 │ failed │            - │       - │      - │    1 │ node-a │ 0.10 │
└──────┴──────────┴─────────┴────────┴──────────────┴─────────┴────────┴──────┴────────┴──────┘
! coarse/3 failed: diverged: the loss was no longer finite after step 12

warning: 1 trial of stage coarse diverged (λ 9.00e-2): the loss was no longer a finite number.
`);
  });

  test('a table at 40 columns keeps rank, trial, λ and the ranked value, and lists the removed columns', () => {
    const text = formatTables(selectResults(results, { stage: 'fine' }), { ...options, width: 40 });
    expect(text).toContain('│ rank │ trial  │       λ │ val % │');
    expect(text.replaceAll(/\s+/g, ' ')).toContain(
      'not shown at this width: train %, worker, train s, loss, test %; --format json has all values',
    );
  });

  test('a table at 40 columns keeps the loss that ranks', () => {
    const objective = { metric: 'validation_loss', direction: 'minimize' } as const;
    const byLoss = toResults({ ...study, spec: { ...study.spec, objective } }, trials);
    const text = formatTables(selectResults(byLoss, { stage: 'fine' }), { ...options, width: 40 });
    expect(text).toContain('│ rank │ trial  │       λ │   loss │');
  });

  test('a cut table reports the number of its rows, and why trials failed', () => {
    const text = formatTables(selectResults(results, { top: 1 }), options);
    expect(text).toContain('1 of 3 shown, --all shows the rest');
    expect(text).not.toContain('│ coarse/1 │');
    expect(text).toContain('! coarse/3 failed: diverged');
  });

  test('the winner is printed with as many digits as distinguish it from the other trials', () => {
    const close = trials.map((one) =>
      one.id.stage === 'fine' && one.id.index === 1
        ? { ...one, params: { lambda: 4.0001e-3 } }
        : one,
    );
    const winner = close.find(({ id }) => id.stage === 'fine' && id.index === 2)!;
    const near = close.map((one) =>
      one === winner ? { ...one, params: { lambda: 4.0002e-3 } } : one,
    );
    expect(formatTables(toResults(study, near), options)).toMatch(
      /winner {2}fine\/2 {2}λ 4\.0002e-3/,
    );
  });

  test('a study without a winner prints its best trial as "best so far", and its state as running', () => {
    const running = toResults({ ...study, status: 'running', winner: null }, trials);
    const text = formatTables(running, options);
    expect(text).toContain('best so far  fine/2');
    expect(text).toContain('study sample is running');
    expect(text).not.toContain('winner  ');
  });

  test('a winner that was not reproduced is reported', () => {
    const winner = { ...study.winner!, testAccuracy: null, testLoss: null, reproduced: false };
    expect(formatTables(toResults({ ...study, winner }, trials), options)).toContain(
      'NOT reproduced: worker node-b got another result',
    );
  });

  test('tables in an ASCII terminal are ASCII', () => {
    const hostile = trials.map((record) => ({ ...record, worker: 'Gerät 数' }));
    expect(formatTables(toResults(study, hostile), { ...options, unicode: false })).toMatch(
      /^[ -~\n]*$/,
    );
  });

  test('a table has no attempts if trials only continued from rung to rung, and counts those that started again', () => {
    const toText = (attempts: number): string => {
      const rungs = trials.map((one) => {
        if (one.result?.kind !== 'complete') return { ...one, attempts: 1 };
        const { result, worker, fingerprint } = one;
        const rung = { result, worker: worker ?? '', fingerprint: fingerprint ?? '', audit: null };
        return {
          ...one,
          attempts,
          rungs: { toStep: null, results: [rung, rung, rung], stop: null },
        };
      });
      return formatTables(toResults(study, rungs), options);
    };
    expect(toText(3)).not.toContain('att.');
    expect(toText(4)).toMatch(/fine\/2 .* 2 │ node-a/);
  });

  test('colours add escape codes and change no character', () => {
    const painted = formatTables(results, {
      ...options,
      color: (_style, text) => `\u001b[1m${text}\u001b[22m`,
    });
    expect(painted).toContain('\u001b[1m');
    expect(painted.replaceAll('\u001b[1m', '').replaceAll('\u001b[22m', '')).toBe(
      formatTables(results, options),
    );
  });

  test('no line of a table is wider than the terminal, for 40 to 200 columns and hostile names', () => {
    const name = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.string({ maxLength: 200 }),
    );
    const stageName = fc.stringMatching(/^[a-z0-9][a-z0-9_.-]{0,63}$/);
    fc.assert(
      fc.property(
        name,
        name,
        stageName,
        fc.integer({ min: 40, max: 200 }),
        fc.boolean(),
        (worker, reason, stage, width, unicode) => {
          const specStage = { ...study.spec.stages[0]!, name: stage };
          const hostile = {
            ...study,
            spec: { ...study.spec, stages: [specStage] },
            stages: [{ ...study.stages[0]!, name: stage, reason }],
            reason,
            winner: {
              trial: { stage, index: 1, replicate: 1 },
              testAccuracy: 0.5,
              testLoss: 1,
              testWorker: worker,
              reproduced: true,
              tests: [],
              attemptsBefore: [],
            },
          };
          const records = [
            trial(stage, 1, 1e-300, { worker, attempts: 3, result: completeResult(0.123_456) }),
            trial(stage, 999_999_999, 1e-300, { worker, status: 'failed', reason, result: null }),
          ];
          const text = formatTables(toResults(hostile, records), { ...options, width, unicode });
          for (const line of text.split('\n'))
            expect(displayWidth(line)).toBeLessThanOrEqual(width);
          expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        },
      ),
    );
  }, 60_000);

  test('a table of ten thousand rows has each row on one line', () => {
    const many = Array.from({ length: 10_000 }, (_, index) =>
      trial('coarse', index + 1, 1e-9 * (index + 1)),
    );
    const lines = formatTables(toResults(study, many), options).split('\n');
    const rows = lines.filter((line) => /^│ +1= │ coarse\/\d+ +│/.test(line));
    expect(rows).toHaveLength(10_000);
    expect(rows.some((row) => row.includes('coarse/10000'))).toBe(true);
  });
});

test('tables fit a terminal of 30 columns, and a narrower one wraps them', () => {
  for (const width of [12, 20, 30, 35, 40]) {
    const text = formatTables(toResults(study, scoredTrials), { ...options, width });
    for (const line of text.split('\n'))
      expect(displayWidth(line), line).toBeLessThanOrEqual(Math.max(30, width));
  }
});
