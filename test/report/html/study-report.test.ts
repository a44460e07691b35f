/** The HTML report: self-contained, without scripts, with escaped foreign text. */
import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { parseStudy } from '../../../src/config/parse-study.ts';
import { describeTrainer } from '../../../src/trainers/registry.ts';
import { chartDocument } from '../../../src/report/charts/svg-text.ts';
import { studyReport } from '../../../src/report/html/study-report.ts';
import { html } from '../../../src/report/html/html-text.ts';
import type { StudyPicture } from '../../../src/report/charts/study-picture.ts';
import type { StudyRecord } from '../../../src/study/study-record.ts';
import type { AttemptRecord, TrialRecord } from '../../../src/study/trial.ts';
import { completeResult, study, toResults, trials } from '../support/sample-study.ts';
import { twoStages } from '../../study/support/example-study.ts';
import { scored, scoredTrials } from '../support/scored-study.ts';

const hostile = '<img src=x onerror=alert(1)>"\'&\u001b[31m\u202e</style><script>alert(1)</script>';

function attempt(index: number, changes: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    trial: { stage: 'coarse', index, replicate: 1 },
    attempt: 1,
    kind: 'search',
    worker: 'node-a',
    session: 's',
    machineId: 's',
    tokenId: 's',
    pack: String(index),
    assignedAtMs: 1000 * index,
    endedAtMs: 1000 * index + 900,
    outcome: 'accepted',
    reason: null,
    fingerprint: null,
    ...changes,
  };
}

function toPicture(
  record: StudyRecord = study,
  rows: readonly TrialRecord[] = trials,
  attempts: readonly AttemptRecord[] = [
    attempt(1),
    attempt(2, { worker: 'node-b', outcome: 'lost' }),
  ],
): StudyPicture {
  const complete = rows.filter(({ status }) => status === 'complete');
  return {
    record,
    results: toResults(record, rows),
    trials: rows,
    parameterDescription: 'the L2 strength',
    method: describeTrainer(record.spec.trainer).method(record.spec.trainer),
    attempts,
    workers: [
      {
        name: 'node-a',
        address: 'h:1',
        threads: 2,
        kernel: 'portable',
        processor: 'Test CPU 1',
        atMs: 0,
      },
      {
        name: 'node-a',
        address: 'h:1',
        threads: 4,
        kernel: 'native avx2',
        processor: 'Test CPU 1',
        atMs: 500,
      },
      {
        name: 'node-a',
        address: 'h:1',
        threads: 8,
        kernel: 'native avx512',
        processor: 'Test CPU 1',
        atMs: 9_000,
      },
    ],
    examples: complete
      .slice(0, 2)
      .map((trial, index) => ({ role: index === 0 ? 'best' : 'worst', trial })),
    nowMs: 5000,
  };
}

const maker = { ridgeline: '0.0.0', node: '24.0.0', writtenAtMs: 0 };
const written = (picture: StudyPicture): string => studyReport(picture, maker, chartDocument());

/** Every tag that is opened is closed, in order. */
function unbalanced(text: string): string[] {
  const voids = new Set(['meta', 'br', 'hr', 'img', 'link', 'input']);
  const open: string[] = [];
  for (const [, close, name = '', self] of text.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*?(\/?)>/gi)) {
    if (close === '/') {
      if (open.pop() !== name) return [`</${name}>`];
    } else if (self !== '/' && !voids.has(name)) open.push(name);
  }
  return open;
}

describe('the report', () => {
  test('the report has the question, the answer, charts and tables', () => {
    const { document } = parseHTML(written(toPicture()));
    expect(document.querySelector('h1')?.textContent).toBe('sample');
    expect(document.body.textContent).toContain(
      'Which λ gives the trainer two-layer, trained on digits, the highest validation accuracy?',
    );
    expect(document.querySelector('.answer')?.textContent.replaceAll('\u00a0', ' ')).toContain(
      'λ = 1.23e-2: of 4 trials that are complete it has the highest validation accuracy, 47.12 %; 46.80 ± 2.23 % on the test images',
    );
    // Six charts, each for a wide page and for a phone.
    expect(document.querySelectorAll('figure svg[role="img"]').length).toBe(12);
    // In the table over all stages, and in its own stage.
    expect(document.querySelectorAll('tr.best').length).toBe(2);
    const spec = [...document.querySelectorAll('pre')].at(-1)?.textContent ?? '';
    expect(spec).toContain('study: sample\n');
    expect(spec.split('\n').length).toBeGreaterThan(20);
    for (const word of [
      '1 trial of stage coarse diverged',
      'self-test digest',
      'ridgeline train sample.yaml --winner',
      'coarse/3 failed',
    ]) {
      expect(document.body.textContent).toContain(word);
    }
  });

  test('the report counts configurations if they have replicates, and calls the value a mean', () => {
    const repeated = [...trials, ...trials.slice(0, 2)].map((trial, index) =>
      index < trials.length ? trial : { ...trial, id: { ...trial.id, replicate: 2 } },
    );
    const spec = { ...study.spec, replicates: 2 };
    const { document } = parseHTML(written(toPicture({ ...study, spec }, repeated)));
    const text = document.body.textContent.replaceAll('\u00a0', ' ');
    expect(document.querySelector('.answer')?.textContent).toContain(
      'of 4 configurations that are complete it has the highest mean validation accuracy',
    );
    expect(text).toContain('One mark for each configuration, the mean of its replicates');
    expect(text).not.toMatch(/\d trials? (diverged|failed|are tied|had)/);
  });

  test('the winner of a race is the best of those with the most replicates', () => {
    const raced = [...trials, { ...trials[4]!, id: { stage: 'fine', index: 2, replicate: 2 } }];
    const lucky = { ...trials[3]!, result: completeResult(0.48) };
    const spec = { ...study.spec, replicates: 2, racing: true };
    const records = raced.map((trial) => (trial === trials[3] ? lucky : trial));
    const { document } = parseHTML(written(toPicture({ ...study, spec }, records)));
    expect(document.querySelector('.answer')?.textContent).toContain(
      'λ = 1.23e-2: of 1 configuration with 2 replicates each (4 configurations that are complete) it has the highest mean',
    );
  });

  test('a curve names its replicate if tables have means', () => {
    const words = (record: StudyRecord, rows: readonly TrialRecord[]): string => {
      const picture = { ...toPicture(record, rows), examples: [{ role: 'best', trial: rows[4]! }] };
      return parseHTML(written(picture)).document.body.textContent.replaceAll(/\s+/g, ' ');
    };
    expect(words(study, scoredTrials)).toContain('best: fine/2, λ 8.00e-3');
    const second = scored('fine', 2, 8e-3, { right: 204 });
    const again = { ...second, id: { ...second.id, replicate: 2 } };
    const spec = { ...study.spec, replicates: 2, racing: true };
    const twice = words({ ...study, spec }, [...scoredTrials, again]);
    // In both panels of the chart, wide and, in two lines, narrow, and above the table.
    expect(twice.match(/best: fine\/2, replicate ?1 of 2, ?λ (0\.008|8\.00e-3)/g)).toHaveLength(5);
  });

  test('the report has a study file that gives the same study', () => {
    const spec = { ...study.spec, stages: twoStages(3, 3) };
    const { document } = parseHTML(written(toPicture({ ...study, spec })));
    const text = [...document.querySelectorAll('pre')].at(-1)?.textContent ?? '';
    expect(text).toContain('step_size: 500');
    expect(parseStudy(text, 'copied.yaml', describeTrainer)).toEqual(spec);
  });

  test('the report loads nothing and runs nothing', () => {
    const text = written(toPicture());
    expect(text).not.toMatch(/<script|<link|<iframe|<img|@import|url\(| on[a-z]+=/i);
    const addresses = [...text.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, address]) => address);
    expect(addresses.every((address) => address?.startsWith('#'))).toBe(true);
    const namespaces = /xmlns="http:\/\/www\.w3\.org\/2000\/svg"/g;
    expect(text.replaceAll(namespaces, '')).not.toMatch(/https?:/);
    expect(text).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  });

  test('the report is well-formed for every state of a study', () => {
    const states: StudyPicture[] = [
      toPicture(),
      toPicture({ ...study, winner: null, status: 'running' }, trials.slice(0, 2)),
      toPicture({ ...study, winner: null, status: 'failed', reason: 'x' }, [], []),
    ];
    for (const picture of states) {
      const text = written(picture);
      expect(unbalanced(text)).toEqual([]);
      expect(text).not.toMatch(/NaN|undefined|\[object/);
    }
  });

  test('the report names the workers that trained, with the threads, the kernel and the processor that each had then', () => {
    const { document } = parseHTML(written(toPicture()));
    const table = [...document.querySelectorAll('table')].find((one) =>
      one.querySelector('caption')?.textContent.includes('Workers that trained'),
    );
    const rows = [...(table?.querySelectorAll('tr') ?? [])].map((row) =>
      [...row.querySelectorAll('th, td')].slice(0, 5).map((cell) => cell.textContent),
    );
    expect(rows).toEqual([
      ['worker', 'threads', 'kernel', 'processor', 'attempts'],
      ['node-a', '4', 'native avx2', 'Test CPU 1', '1'],
      ['node-b', '–', '–', '–', '1'],
    ]);
  });

  test('the report of a failed study says why, and has no charts, links to charts or command for a winner', () => {
    const failed = { ...study, winner: null, status: 'failed' as const, reason: 'all diverged' };
    const { document } = parseHTML(written(toPicture(failed, trials.slice(2, 3))));
    expect(document.querySelector('.answer')?.textContent).toBe('The study failed: all diverged');
    expect(document.querySelector('a[href="#curves"]')).toBeNull();
    expect(document.body.textContent).not.toMatch(/yet|--winner|ridgeline verify/);
  });

  test('the report has a method: data, network, cost, search, selection and test', () => {
    const { document } = parseHTML(written(toPicture()));
    const method = document.querySelector('#method + dl')?.textContent.replaceAll(/\s+/g, ' ');
    for (const part of [
      'digits; training: 1,000 images, validation: 400 images',
      '50 hidden units with ReLU',
      'mean cross-entropy + λ(‖W1‖² + ‖W2‖²), biases are not penalised',
      'weight_decay = 2λ',
      'coarse: 3 values of λ from 1.00e-9 to 1.00e-1, log-uniform',
      'among equal values the lowest validation loss',
      'the selected trial alone is trained again',
    ])
      expect(method).toContain(part);
  });

  test('the method names the samplers of the stages, and the results that decide trials', () => {
    const [coarse, fine] = [study.spec.stages[0]!, study.spec.stages[1]!];
    const stages: StudyRecord['spec']['stages'] = [
      { ...coarse, sampler: 'spread' },
      { ...fine, sampler: 'model', round: 4, after: 'coarse' },
    ];
    const record = { ...study, spec: { ...study.spec, stages } };
    const { document } = parseHTML(written(toPicture(record)));
    const method = document.querySelector('#method + dl')?.textContent.replaceAll(/\s+/g, ' ');
    for (const part of [
      'log-uniform; spread evenly by a shifted Sobol sequence; fine:',
      'by tree-structured Parzen estimators in rounds of 4, starting from the results of stage coarse',
      'its own number and the results of trials with smaller numbers',
    ])
      expect(method).toContain(part);
  });

  test('captions state what this study shows, with the names of its stages', () => {
    const only = { ...study, spec: { ...study.spec, stages: [study.spec.stages[0]!] } };
    const single = { ...only, stages: [study.stages[0]!], winner: null };
    const captions = (picture: StudyPicture): string =>
      [...parseHTML(written(picture)).document.querySelectorAll('figcaption')]
        .map(({ textContent }) => textContent.replaceAll('\u00a0', ' '))
        .join('\n');
    expect(captions(toPicture(single, trials.slice(0, 3)))).not.toMatch(/fine|range/);
    const both = captions(toPicture());
    expect(both).toContain('the range of stage fine');
    expect(both).toContain('Figure 1.');
    expect(both).toContain('They are 61.25 % and 41.00 % at λ 1.23e-7, and 61.25 % and 47.12 % at');
  });

  test('the report shows hostile names of workers, reasons and folders as text', () => {
    const record: StudyRecord = {
      ...study,
      spec: {
        ...study.spec,
        dataset: { ...study.spec.dataset!, name: undefined, path: hostile, format: 'idx' },
      },
      stages: study.stages.map((stage) => ({ ...stage, reason: hostile })),
      shardDigests: { [hostile]: 'd'.repeat(64) },
    };
    const rows = trials.map((trial) => ({ ...trial, worker: hostile, reason: hostile }));
    const text = written(
      toPicture(record, rows, [attempt(1, { worker: hostile, reason: hostile })]),
    );
    const { document } = parseHTML(text);
    expect(document.querySelectorAll('script, img').length).toBe(0);
    expect(document.querySelectorAll('style').length).toBe(1);
    expect(unbalanced(text)).toEqual([]);
    expect(text).not.toContain('\u001b');
    expect(text).not.toContain('\u202e');
    expect(document.body.textContent).toContain('<img src=x onerror=alert(1)>');
  });

  test('the report of many trials shows the best, folds others, and says how to list the rest', () => {
    const rows = Array.from({ length: 1010 }, (_, index): TrialRecord => ({
      ...trials[0]!,
      id: { stage: 'coarse', index: index + 1, replicate: 1 },
    }));
    const { document } = parseHTML(written(toPicture({ ...study, winner: null }, rows)));
    expect(document.querySelectorAll('details tbody tr').length).toBeGreaterThanOrEqual(980);
    expect(document.body.textContent).toContain('The best 1000 of 1010 are shown');
  });
});

test('a template escapes every value except markup', () => {
  const inner = html`<b>${'a & b'}</b>`;
  expect(html`<p title="${'"x"'}">${[inner, '<i>', 3, null]}</p>`.html).toBe(
    '<p title="&quot;x&quot;"><b>a &amp; b</b>&lt;i&gt;3</p>',
  );
});
