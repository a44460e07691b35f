import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { delimitedText, formatDelimited } from '../../../src/report/files/delimited.ts';
import { formatJsonl } from '../../../src/report/files/json.ts';
import { selectResults } from '../../../src/report/results/select-results.ts';
import type { AttemptRecord, TrialRecord } from '../../../src/study/trial.ts';
import {
  toDocument,
  completeResult,
  study,
  toResults,
  trial,
  trials,
  warningText,
} from '../support/sample-study.ts';

const results = toResults(study, trials);

/** RFC 4180, and nothing more: fields in quotes may hold anything, `""` is a quote. */
function parseCsv(text: string): string[][] {
  const records: string[][] = [];
  let at = 0;
  while (at < text.length) {
    const record: string[] = [];
    for (;;) {
      let field = '';
      if (text[at] === '"') {
        for (at++; text[at] !== '"' || text[at + 1] === '"'; at++) {
          if (text[at] === '"') at++;
          field += text[at];
        }
        at++;
      } else {
        while (at < text.length && text[at] !== ',' && text[at] !== '\r') field += text[at++];
      }
      record.push(field);
      if (text[at] !== ',') break;
      at++;
    }
    expect(text.slice(at, at + 2)).toBe('\r\n');
    at += 2;
    records.push(record);
  }
  return records;
}

describe('CSV', () => {
  test('CSV reads back as the values that were written, for any text', () => {
    const cells = fc.array(fc.record({ a: fc.string({ unit: 'binary' }), b: fc.string() }));
    fc.assert(
      fc.property(cells, (rows) => {
        const text = delimitedText<(typeof rows)[number]>(
          [
            ['a', (row) => row.a],
            ['b', (row) => row.b],
          ],
          rows,
          'csv',
        );
        expect(parseCsv(text)).toEqual([['a', 'b'], ...rows.map(({ a, b }) => [a, b])]);
      }),
    );
  });

  test('CSV quotes values that a spreadsheet could read as a formula, without a prefix', () => {
    const csv = delimitedText<string>(
      [['worker', (row) => row]],
      ['=1+1', '@x', '+1', '-1', 'plain'],
      'csv',
    );
    expect(csv).toBe('worker\r\n"=1+1"\r\n"@x"\r\n"+1"\r\n"-1"\r\nplain\r\n');
  });

  test('CSV has the study and the times of a configuration, so that files can be joined', () => {
    const second = { ...trials[3]!, id: { ...trials[3]!.id, replicate: 2 } };
    const attempts = [trials[3]!.id, second.id, second.id].map((id, at): AttemptRecord => ({
      trial: id,
      attempt: 1,
      kind: at < 2 ? 'search' : 'audit',
      worker: 'node-a',
      session: 's',
      machineId: 's',
      tokenId: 's',
      pack: 'p',
      assignedAtMs: Date.UTC(2026, 0, 2, 3, at),
      endedAtMs: Date.UTC(2026, 0, 2, 4, at),
      outcome: 'accepted',
      reason: null,
      fingerprint: null,
    }));
    const timed = (record: TrialRecord) => {
      const joined = toResults(study, [trials[3]!, record], { attempts });
      return parseCsv(
        formatDelimited(joined, 'csv', ['study', 'trial', 'started_at', 'ended_at']),
      )[1];
    };
    const start = '2026-01-02T03:00:00.000Z';
    expect(timed(second)).toEqual(['sample', 'fine/1', start, '2026-01-02T04:01:00.000Z']);
    expect(timed({ ...second, status: 'running', result: null })?.at(-1)).toBe('');
    expect(parseCsv(formatDelimited(results, 'csv'))[0]).toContain('study');
    // `lambda` is a reserved word of SQL and Python.
    const [names, values] = parseCsv(formatDelimited(results, 'csv', ['lambda', 'lambda_']));
    expect([names, values?.[1]]).toEqual([['lambda', 'lambda_'], values?.[0]]);
    expect(parseCsv(formatDelimited(results, 'csv'))[0]?.at(-1)).toBe('lambda_');
  });

  test('CSV has full precision and empty unknown values', () => {
    const [head, first, second] = parseCsv(formatDelimited(results, 'csv'));
    expect(head?.slice(0, 5)).toEqual(['stage', 'rank', 'trial', 'replicate', 'lambda']);
    expect(first?.slice(0, 5)).toEqual(['coarse', '1', 'coarse/2', '1', '0.004']);
    expect(Number(second?.[4])).toBe(1.234_567_890_123e-7);
    expect(second?.[head?.indexOf('test_accuracy') ?? -1]).toBe('');
  });
});

describe('TSV', () => {
  test('every line of TSV has as many fields as the first, for any worker name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (worker) => {
        const tsv = formatDelimited(toResults(study, [trial('coarse', 1, 0.1, { worker })]), 'tsv');
        const lines = tsv.split('\n');
        expect(lines).toHaveLength(3);
        expect(lines[1]?.split('\t')).toHaveLength(lines[0]?.split('\t').length ?? 0);
      }),
    );
  });
});

describe('JSON', () => {
  test('a row in JSON has exactly the documented fields', () => {
    const parsed = JSON.parse(toDocument(results)) as Record<string, never>;
    expect(parsed).toMatchObject({
      schema_version: 1,
      ridgeline_version: '0.2.0',
      study: 'sample',
      status: 'complete',
      created_at: '1970-01-01T00:00:00.000Z',
      started_at: null,
      ended_at: '1970-01-01T00:00:00.001Z',
      study_digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      images: { train: 1000, validation: 400, test: 500 },
      trial_counts: { waiting: 0, running: 0, complete: 4, failed: 1, cancelled: 0 },
      best: { trial: 'fine/2' },
      seed: 7,
      objective: { metric: 'validation_accuracy', direction: 'maximize' },
      stages: [
        { name: 'coarse', lambda: { min: 1e-9, max: 0.1, distribution: 'log_uniform' } },
        { name: 'fine', lambda: { min: 1e-3, max: 1e-2, reason: study.stages[1]!.reason } },
      ],
      winner: {
        trial: 'fine/2',
        rank: 1,
        test_accuracy: 0.468,
        reproduced: true,
        test_worker: 'node-b',
      },
      warnings: [
        '1 trial of stage coarse diverged (λ 9.00e-2): the loss was no longer a finite number.',
      ],
      warning_details: [{ code: 'diverged', stage: 'coarse' }],
    });
    const stages = parsed['stages'] as unknown as { trials: Record<string, unknown>[] }[];
    expect(stages[0]!.trials[0]).toEqual({
      rank: 1,
      trial: 'coarse/2',
      replicate: 1,
      lambda: 0.004,
      params: { lambda: 0.004 },
      train_accuracy: 0.6125,
      validation_accuracy: 0.46,
      validation_loss: 1.503_219_876_543_21,
      test_accuracy: null,
      status: 'complete',
      reason: null,
      attempts: 2,
      worker: 'node-a',
      steps: 1000,
      seconds: 1.234_567,
      digest: '1a2b3c4d'.repeat(8),
      verified: null,
      audit: null,
      source: null,
      standard_error: null,
      tied: null,
      replicates: 1,
      index: 2,
      rank_in_study: 2,
      is_winner: false,
      value: 0.46,
      started_at: null,
      ended_at: null,
      difference: null,
      difference_standard_error: null,
      p_value: null,
      p_value_adjusted: null,
      test_standard_error: null,
    });
    expect(Object.keys(stages[0]!.trials[2]!)).toEqual(Object.keys(stages[0]!.trials[0]!));
  });

  test('JSON says why a study failed, which rows were left out, and the best so far', () => {
    const failed = {
      ...study,
      status: 'failed',
      reason: 'all trials diverged',
      winner: null,
    } as const;
    const shown = selectResults(toResults(failed, trials), { stage: 'coarse', top: 1 });
    expect(JSON.parse(toDocument(shown))).toMatchObject({
      status: 'failed',
      reason: 'all trials diverged',
      stages: [{ name: 'coarse', closed: true, rows_total: 3, rows_matched: 3, trials: [{}] }],
      winner: null,
      best: { trial: 'fine/2', value: 0.4712 },
    });
  });

  test('a diverged trial has no accuracy, no digest and no rank', () => {
    const diverged = results.stages[0]!.rows[2]!;
    expect(diverged).toMatchObject({
      trial: 'coarse/3',
      rank: null,
      metrics: {},
      digest: null,
      steps: 12,
    });
  });

  test('JSON reads back every λ and every metric to the last bit', () => {
    const number = fc.double({ min: 1e-300, max: 1e300, noNaN: true });
    fc.assert(
      fc.property(number, number, (lambda, loss) => {
        const record = trial('coarse', 1, lambda, {
          result: completeResult(0.4, { validation_loss: loss }),
        });
        const { stages } = JSON.parse(toDocument(toResults(study, [record])));
        expect(stages[0].trials[0]).toMatchObject({ lambda, validation_loss: loss });
      }),
    );
  });

  test('JSON has null for a number that is not finite', () => {
    const record = trial('coarse', 1, 0.1, {
      result: completeResult(0.4, { validation_loss: Infinity }),
    });
    expect(toDocument(toResults(study, [record]))).toContain('"validation_loss": null');
  });

  test('JSON has a field for an objective that is not in every row', () => {
    const byCost = {
      ...study.spec,
      objective: { metric: 'validation_cost', direction: 'minimize' } as const,
    };
    const { stages } = JSON.parse(toDocument(toResults({ ...study, spec: byCost }, trials)));
    expect(stages[0].trials[0].validation_cost).toBe(1.75);
  });

  test('JSON Lines has one object for each trial, with its study and stage', () => {
    const lines = formatJsonl(results).trimEnd().split('\n');
    expect(lines).toHaveLength(5);
    expect(JSON.parse(lines[3]!)).toMatchObject({
      study: 'sample',
      stage: 'fine',
      rank: 1,
      trial: 'fine/2',
    });
  });
});

describe('selectResults', () => {
  test('selectResults removes rows and keeps the number of all rows', () => {
    const [stage, ...others] = selectResults(results, { stage: 'coarse', top: 1 }).stages;
    expect(others).toEqual([]);
    expect(stage).toMatchObject({ name: 'coarse', rowsTotal: 3 });
    expect(stage?.rows.map((row) => row.trial)).toEqual(['coarse/2']);
  });

  test('selectResults lists the stages if the chosen one is unknown', () => {
    expect(() => selectResults(results, { stage: 'corse' })).toThrow(/"corse"[^]*coarse, fine/);
  });
});

describe('studyResults', () => {
  test('results have the best trial so far while there is no winner', () => {
    const running = toResults({ ...study, status: 'running', winner: null }, trials);
    expect(running.winner).toBeNull();
    expect(running.best).toMatchObject({ trial: 'fine/2' });
    expect(toResults({ ...study, winner: null }, []).best).toBeNull();
  });

  test('results have the test accuracy of every trial if the study measured them', () => {
    const measured = [
      trial('coarse', 1, 0.1, { result: completeResult(0.4, { test_accuracy: 0.39 }) }),
    ];
    const all = toResults({ ...study, spec: { ...study.spec, test: 'all' } }, measured);
    expect(all.stages[0]!.rows[0]!.metrics['test_accuracy']).toBe(0.39);
    expect(all.warnings.map(({ code }) => code)).toContain('test_set_in_every_trial');
  });

  test('results have the warnings about the data, and for a study of 0.1.0 that its data is not official', () => {
    const empty = { code: 'empty_class', text: 'Class 0 has no images.' } as const;
    const dataOf = (changes: Partial<typeof study>) =>
      toResults({ ...study, ...changes }, trials).warnings.filter(({ code }) =>
        ['empty_class', 'unofficial_data'].includes(code),
      );
    expect(dataOf({ dataWarnings: [empty] })).toEqual([{ ...empty, stage: null }]);
    expect(dataOf({ officialData: false })).toEqual([
      expect.objectContaining({ text: expect.stringContaining('do not compare with published') }),
    ]);
  });

  test('results warn if the winner was not reproduced', () => {
    const winner = { ...study.winner!, testAccuracy: null, testLoss: null, reproduced: false };
    expect(warningText({ ...study, winner }, trials)).toMatch(/fine\/2 .*node-b .*another result/);
  });
});
