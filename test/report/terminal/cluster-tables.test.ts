import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatStudies,
  formatWorkers,
  type StudyLine,
} from '../../../src/report/terminal/cluster-tables.ts';
import { displayWidth } from '../../../src/report/text/display-width.ts';
import type { WorkerSummary } from '../../../src/study/summaries.ts';
import { liveLines, trialLine, type LiveState } from '../../../src/report/terminal/live-lines.ts';
import type { TextOptions } from '../../../src/report/text/text-options.ts';
import { study, trial, trials } from '../support/sample-study.ts';

const options: TextOptions = { width: 80, color: (_style, text) => text, unicode: true };

const nowMs = Date.parse('2026-12-01T08:00:00Z');

const worker: WorkerSummary = {
  name: 'node-a',
  address: '10.0.0.2:51234',
  threads: 4,
  busy: 3,
  kernel: 'portable',
  reproducible: true,
  trialsCompleted: 17,
  training: [{ study: 'sample', trial: 'coarse/7' }],
  heardAtMs: nowMs - 3_000,
  state: 'busy',
  reason: null,
};

const running: StudyLine = {
  study: 'sample',
  status: 'running',
  priority: 1,
  stage: 'coarse',
  stages: [
    { name: 'coarse', done: 3, total: 30 },
    { name: 'fine', done: 0, total: 10 },
  ],
  done: 3,
  total: 40,
  running: 4,
  testAccuracy: null,
  createdAtMs: nowMs - 3_600_000,
  endedAtMs: null,
  msLeft: 90_000,
  budget: null,
  metric: 'validation_accuracy',
  decimals: [],
  best: { trial: 'coarse/2', params: { lambda: 0.004 }, value: 0.4612 },
  reason: null,
};

const live: LiveState = {
  study: 'sample',
  status: 'running',
  priority: 1,
  stage: 'coarse',
  stages: [{ name: 'coarse', done: 15, total: 30 }],
  done: 15,
  total: 30,
  running: 4,
  testing: false,
  budget: null,
  best: { trial: 'coarse/2', params: { lambda: 0.004 }, value: 0.4612 },
  workers: [{ name: 'node-a', threads: 4, busy: 3 }],
  metric: 'validation_accuracy',
  decimals: [],
  objective: study.spec.objective,
  pace: { elapsedMs: 60_000, trials: 10 },
};

const anyName = fc.string({ unit: 'binary', maxLength: 120 });
const anyWidth = fc.integer({ min: 40, max: 200 });

function expectFits(text: string, width: number): void {
  for (const line of text.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(width);
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
}

describe('workers', () => {
  test('workers as JSON are an array with the documented fields', () => {
    expect(JSON.parse(formatWorkers([worker], 'json', options, nowMs))).toEqual([
      {
        name: 'node-a',
        address: '10.0.0.2:51234',
        threads: 4,
        busy: 3,
        kernel: 'portable',
        reproducible: true,
        trials_completed: 17,
        state: 'busy',
        reason: null,
        training: [{ study: 'sample', trial: 'coarse/7' }],
        heard_at: '2026-12-01T07:59:57.000Z',
      },
    ]);
  });

  test('workers as TSV have a header and one line each', () => {
    const [head, line] = formatWorkers([worker], 'tsv', options, nowMs).split('\n');
    expect(head).toBe(
      'name\taddress\tthreads\tbusy\tkernel\treproducible\ttrials_completed\tstate\treason\ttraining\theard_at',
    );
    expect(line).toBe(
      'node-a\t10.0.0.2:51234\t4\t3\tportable\ttrue\t17\tbusy\t\tsample:coarse/7\t2026-12-01T07:59:57.000Z',
    );
  });

  test('the table of workers has the complete reasons below it', () => {
    const reason = 'its result of coarse/7 in sample is not the one of node-b and node-c';
    const text = formatWorkers(
      [worker, { ...worker, name: 'node-d', reason }],
      'table',
      options,
      nowMs,
    );
    expect(text.replaceAll(/\s+/g, ' ')).toContain(`node-d: ${reason}`);
  });

  test('the table of workers fits any terminal, for any name', () => {
    fc.assert(
      fc.property(anyName, anyName, anyWidth, (name, reason, width) => {
        expectFits(
          formatWorkers([{ ...worker, name, reason }], 'table', { ...options, width }, nowMs),
          width,
        );
      }),
    );
  });
});

describe('studies', () => {
  test('the table of studies counts the whole study, and the open stage with its own count', () => {
    const text = formatStudies([running], 'table', { ...options, width: 160 }, nowMs);
    expect(text).toMatch(
      /sample +│ running │ +3\/40 │ coarse 3\/30 │ +4 │ coarse\/2 │ 4\.00e-3 │ 46\.12 % │/,
    );
    expect(text).toMatch(/│ 2026-12-01 07:00 │ 1 h 00 min │ 1 min 30 s │/);
  });

  test('one long name removes no column of the others', () => {
    const long = { ...running, study: 'x'.repeat(80) };
    const text = formatStudies([running, long], 'table', { ...options, width: 90 }, nowMs);
    expect(text).toMatch(/│ sample +│ running │ +3\/40 │ coarse 3\/30 │ 46\.12 %/);
    expect(text).toMatch(/│ x{31,}… │/);
  });

  test('names that a user types are not cut while another column can be removed', () => {
    const long = {
      ...running,
      study: 'coarse-to-fine-wide',
      best: { ...running.best!, trial: 'coarse/123' },
    };
    const text = formatStudies([running, long], 'table', { ...options, width: 64 }, nowMs);
    expect(text).toMatch(/│ coarse-to-fine-wide │ running │/);
    expect(text).toMatch(/not shown at this width: .*running/);
    expect(text).not.toContain('…');
    const node = { ...worker, name: 'gpu-node-17.cluster.example.org', state: 'excluded' } as const;
    const reason = 'its result of coarse/7 in sample is not the one of node-b and node-c';
    expect(formatWorkers([{ ...node, reason }], 'table', options, nowMs)).toContain(
      '│ gpu-node-17.cluster.example.org │',
    );
  });

  test('a name that is wider than the terminal is cut', () => {
    const long = { ...running, study: 'x'.repeat(100) };
    expectFits(formatStudies([long], 'table', options, nowMs), 80);
  });

  test('the table of studies shows the best value in the unit of its metric', () => {
    expect(formatStudies([running], 'table', { ...options, width: 120 }, nowMs)).toContain(
      '│ 46.12 % │',
    );
    const byLoss = { ...running, metric: 'validation_loss' } as const;
    expect(formatStudies([byLoss], 'table', { ...options, width: 120 }, nowMs)).toContain(
      '│ 0.4612 │',
    );
  });

  test('a finished study counts all trials, and has its test accuracy and duration', () => {
    const over: StudyLine = {
      ...running,
      status: 'complete',
      priority: 1,
      stage: null,
      done: 40,
      testAccuracy: 0.4512,
      endedAtMs: nowMs - 3_570_000,
      msLeft: null,
      budget: '48 min 00 s of 2h left',
    };
    expect(formatStudies([over], 'table', { ...options, width: 160 }, nowMs)).toMatch(
      /complete │ +40\/40 │ +4 │.*│ +45\.12 │ 2026-12-01 07:00 │    30 s │$/m,
    );
  });

  test('studies as JSON have full precision', () => {
    const params = { lambda: 1.234_567_890_123e-7 };
    const best = { trial: 'coarse/2', params, value: 0.4 };
    const { studies } = JSON.parse(formatStudies([{ ...running, best }], 'json', options, nowMs));
    expect(studies[0]).toMatchObject({
      study: 'sample',
      done: 3,
      total: 40,
      stage_done: 3,
      stage_total: 30,
      stages: running.stages,
      seconds_left: 90,
      best_lambda: 1.234_567_890_123e-7,
      best_params: params,
    });
  });
});

describe('live lines', () => {
  test('live lines report the time left: 15 trials at 6 s each', () => {
    const [bar] = liveLines(live, options);
    expect(bar).toContain('15/30');
    expect(bar).toContain('about 1 min 30 s left');
    expect(liveLines(live, options).join('\n')).toContain(
      'best so far  coarse/2  λ 4.00e-3  46.12 %',
    );
  });

  test('live lines show the standard error, each worker with its rate, and the last trials', () => {
    const lines = liveLines(
      {
        ...live,
        best: { trial: 'coarse/2', params: { lambda: 4e-3 }, value: 0.4612, standardError: 0.005 },
        workers: Array.from({ length: 8 }, (_, index) => ({
          name: `node-${index}`,
          threads: 2,
          busy: 1,
          trialsCompleted: 7,
          trialsPerMinute: index === 0 ? 12.4 : null,
        })),
        recent: [trials[0]!, trials[1]!],
      },
      { ...options, width: 100 },
    );
    expect(lines.slice(1)).toEqual([
      '8 workers, 8/16 busy, 10 trials/min',
      '  node-0  1/2 busy  7 trials  12/min',
      ...[1, 2, 3, 4, 5].map((index) => `  node-${index}  1/2 busy  7 trials`),
      '  and 2 more',
      'best so far  coarse/2  λ 4.00e-3  46.12 ± 0.50 %',
      '  coarse/1  λ 1.23e-7  41.00 %  on node-a',
      '  coarse/2  λ 4.00e-3  46.00 %  on node-a  attempt 2',
    ]);
  });

  test('live lines report no time left before the throughput is known', () => {
    expect(
      liveLines({ ...live, pace: { elapsedMs: 100, trials: 1 } }, options).join(),
    ).not.toContain('left');
    // Trials of one pack end at the same time, and the watch may have started just before.
    for (const elapsedMs of [0, 1_200, 4_999])
      expect(liveLines({ ...live, pace: { elapsedMs, trials: 12 } }, options).join()).not.toMatch(
        /left|trials\//,
      );
    expect(liveLines({ ...live, pace: { elapsedMs: 6_000, trials: 4 } }, options).join()).toContain(
      '40 trials/min',
    );
  });

  test.each(['paused', 'cancelled', 'complete'] as const)(
    'live lines report no time left for a study that is %s, but its status',
    (status) => {
      const [bar] = liveLines({ ...live, status }, options);
      expect(bar).not.toContain('left');
      expect(bar).toMatch(RegExp(`15/30  ${status}$`));
    },
  );

  test('live lines show the best value in its unit if only the metric is known', () => {
    const linesFor = (metric: string) =>
      liveLines({ ...live, metric, objective: null }, options).join('\n');
    expect(linesFor('validation_accuracy')).toContain('λ 4.00e-3  46.12 %');
    expect(linesFor('validation_loss')).toMatch(/λ 4\.00e-3 {2}0\.4612$/);
  });

  test('live lines and the table of studies show the numbers of a linear range as decimals', () => {
    const params = { lambda: 0.004, momentum: 0.9 };
    const best = { trial: 'coarse/2', params, value: 0.4612 };
    const recent = [trial('coarse', 1, 0.004, { params })];
    const state = { ...live, decimals: ['momentum'], best, recent };
    const lines = liveLines(state, options).join('\n');
    expect(lines.match(/λ 4\.00e-3, momentum 0\.9 /g)).toHaveLength(2);
    const table = formatStudies(
      [{ ...running, decimals: ['momentum'], best }],
      'table',
      { ...options, width: 120 },
      0,
    );
    expect(table).toMatch(/4\.00e-3 │ +0\.9 │/);
  });

  test('live lines fit any terminal, also in ASCII', () => {
    fc.assert(
      fc.property(anyWidth, fc.boolean(), (width, unicode) => {
        const text = liveLines(live, { ...options, width, unicode }).join('\n');
        expectFits(text, width);
        if (!unicode) expect(text).toMatch(/^[ -~\n]*$/);
      }),
    );
  });

  test('the line of a trial has its value or its reason, with escaped control characters', () => {
    expect(trialLine(trials[1]!, study.spec.objective, {}, options)).toBe(
      'coarse/2  λ 4.00e-3  46.00 %  on node-a  attempt 2',
    );
    const failed = trial('coarse', 9, 0.1, {
      status: 'failed',
      reason: 'a\u001b[2Jb',
      result: null,
      worker: null,
    });
    expect(trialLine(failed, study.spec.objective, {}, options)).toBe(
      String.raw`coarse/9  λ 1.00e-1  failed: a\x1b[2Jb`,
    );
  });
});
