import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatStudies,
  formatWorkers,
  type StudyLine,
  type WorkerLine,
} from '../../../src/report/terminal/cluster-tables.ts';
import { displayWidth } from '../../../src/report/text/display-width.ts';
import { liveLines, trialLine, type LiveState } from '../../../src/report/terminal/live-lines.ts';
import type { TextOptions } from '../../../src/report/text/text-options.ts';
import { study, trial, trials } from '../support/sample-study.ts';

const options: TextOptions = { width: 80, color: (_style, text) => text, unicode: true };

const worker: WorkerLine = {
  name: 'node-a',
  address: '10.0.0.2:51234',
  threads: 4,
  busy: 3,
  kernel: 'portable',
  numerics: 'canonical',
  trialsCompleted: 17,
  state: 'busy',
  reason: null,
};

const running: StudyLine = {
  study: 'sample',
  status: 'running',
  stage: 'coarse',
  done: 3,
  total: 30,
  running: 4,
  metric: 'validation_accuracy',
  best: { trial: 'coarse/2', lambda: 0.004, value: 0.4612 },
  reason: null,
};

const live: LiveState = {
  study: 'sample',
  status: 'running',
  stage: 'coarse',
  done: 15,
  total: 30,
  running: 4,
  testing: false,
  best: { trial: 'coarse/2', lambda: 0.004, value: 0.4612 },
  workers: [{ name: 'node-a', threads: 4, busy: 3 }],
  metric: 'validation_accuracy',
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
  test('as JSON are an array with the documented fields', () => {
    expect(JSON.parse(formatWorkers([worker], 'json', options))).toEqual([
      {
        name: 'node-a',
        address: '10.0.0.2:51234',
        threads: 4,
        busy: 3,
        kernel: 'portable',
        numerics: 'canonical',
        trials_completed: 17,
        state: 'busy',
        reason: null,
      },
    ]);
  });

  test('as TSV have a header and a line each', () => {
    const [head, line] = formatWorkers([worker], 'tsv', options).split('\n');
    expect(head).toBe(
      'name\taddress\tthreads\tbusy\tkernel\tnumerics\ttrials_completed\tstate\treason',
    );
    expect(line).toBe('node-a\t10.0.0.2:51234\t4\t3\tportable\tcanonical\t17\tbusy\t');
  });

  test('have below them, whole, why a node gets no work', () => {
    const reason = 'its result of coarse/7 in sample is not the one of node-b and node-c';
    const text = formatWorkers([worker, { ...worker, name: 'node-d', reason }], 'table', options);
    expect(text.replaceAll(/\s+/g, ' ')).toContain(`node-d: ${reason}`);
  });

  test('fit any terminal, whatever a node calls itself', () => {
    fc.assert(
      fc.property(anyName, anyName, anyWidth, (name, reason, width) => {
        expectFits(
          formatWorkers([{ ...worker, name, reason }], 'table', { ...options, width }),
          width,
        );
      }),
    );
  });
});

describe('studies', () => {
  test('show the stage, how far it is and the best so far', () => {
    const text = formatStudies([running], 'table', { ...options, width: 120 });
    expect(text).toMatch(/sample +│ running │ coarse +│ +3\/30 │ +4 │ coarse\/2 │ 4\.00e-3/);
  });

  test('keep the names that other commands ask for, as long as another column can go', () => {
    const long = {
      ...running,
      study: 'coarse-to-fine-wide',
      best: { ...running.best!, trial: 'coarse/123' },
    };
    const text = formatStudies([running, long], 'table', { ...options, width: 64 });
    expect(text).toMatch(/│ coarse-to-fine-wide │ running │/);
    expect(text).toMatch(/not shown at this width: .*running/);
    expect(text).not.toContain('…');
    const node = { ...worker, name: 'gpu-node-17.cluster.example.org', state: 'quarantined' };
    const reason = 'its result of coarse/7 in sample is not the one of node-b and node-c';
    expect(formatWorkers([{ ...node, reason }], 'table', options)).toContain(
      '│ gpu-node-17.cluster.example.org │',
    );
  });

  test('cut a name that alone is wider than the terminal', () => {
    const long = { ...running, study: 'x'.repeat(100) };
    expectFits(formatStudies([long], 'table', options), 80);
  });

  test('show the best value in the unit of every other table', () => {
    expect(formatStudies([running], 'table', { ...options, width: 120 })).toContain('│ 46.12 % │');
    const byLoss = { ...running, metric: 'validation_loss' } as const;
    expect(formatStudies([byLoss], 'table', { ...options, width: 120 })).toContain('│ 0.4612 │');
  });

  test('say that a finished study counts the trials of its last stage', () => {
    const over = { ...running, status: 'complete', stage: null, done: 16, total: 16, running: 0 };
    expect(formatStudies([over], 'table', { ...options, width: 120 })).toMatch(
      /complete │ the last │ +16\/16 │/,
    );
  });

  test('as JSON keep full precision', () => {
    const best = { trial: 'coarse/2', lambda: 1.234_567_890_123e-7, value: 0.4 };
    const { studies } = JSON.parse(formatStudies([{ ...running, best }], 'json', options));
    expect(studies[0]).toMatchObject({
      study: 'sample',
      done: 3,
      total: 30,
      best_lambda: 1.234_567_890_123e-7,
    });
  });
});

describe('live lines', () => {
  test('say how much is left at the pace so far: 15 trials at 6 s each', () => {
    const [bar] = liveLines(live, options);
    expect(bar).toContain('15/30');
    expect(bar).toContain('about 1 min 30 s left');
    expect(liveLines(live, options).join('\n')).toContain(
      'best so far  coarse/2  λ 4.00e-3  46.12 %',
    );
  });

  test('show the error bar, each worker with its rate, and the last trials that ended', () => {
    const lines = liveLines(
      {
        ...live,
        best: { trial: 'coarse/2', lambda: 4e-3, value: 0.4612, standardError: 0.005 },
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

  test('promise nothing before there is a pace', () => {
    expect(
      liveLines({ ...live, pace: { elapsedMs: 100, trials: 1 } }, options).join(),
    ).not.toContain('left');
    // Trials of one pack end in the same moment, and somebody may have begun to look just before.
    for (const elapsedMs of [0, 1_200, 4_999])
      expect(liveLines({ ...live, pace: { elapsedMs, trials: 12 } }, options).join()).not.toMatch(
        /left|trials\//,
      );
    expect(liveLines({ ...live, pace: { elapsedMs: 6_000, trials: 4 } }, options).join()).toContain(
      '40 trials/min',
    );
  });

  test.each(['paused', 'cancelled', 'complete'] as const)(
    'promise nothing of a study that is %s, and say that it is',
    (status) => {
      const [bar] = liveLines({ ...live, status }, options);
      expect(bar).not.toContain('left');
      expect(bar).toMatch(RegExp(`15/30  ${status}$`));
    },
  );

  test('show the best in its unit where nothing but the metric is known of what ranks', () => {
    const of = (metric: LiveState['metric']) =>
      liveLines({ ...live, metric, objective: null }, options).join('\n');
    expect(of('validation_accuracy')).toContain('λ 4.00e-3  46.12 %');
    expect(of('validation_loss')).toMatch(/λ 4\.00e-3 {2}0\.4612$/);
  });

  test('fit any terminal, in ASCII too', () => {
    fc.assert(
      fc.property(anyWidth, fc.boolean(), (width, unicode) => {
        const text = liveLines(live, { ...options, width, unicode }).join('\n');
        expectFits(text, width);
        if (!unicode) expect(text).toMatch(/^[ -~\n]*$/);
      }),
    );
  });

  test('tell of a trial that ended how it ended, and of a foreign reason without obeying it', () => {
    expect(trialLine(trials[1]!, study.spec.objective, options)).toBe(
      'coarse/2  λ 4.00e-3  46.00 %  on node-a  attempt 2',
    );
    const failed = trial('coarse', 9, 0.1, {
      status: 'failed',
      reason: 'a\u001b[2Jb',
      result: null,
      worker: null,
    });
    expect(trialLine(failed, study.spec.objective, options)).toBe(
      String.raw`coarse/9  λ 1.00e-1  failed: a\x1b[2Jb`,
    );
  });
});
