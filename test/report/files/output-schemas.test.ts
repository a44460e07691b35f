/** Published JSON schemas: documents of every kind have exactly the fields that are described. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { formatJsonl } from '../../../src/report/files/json.ts';
import { watchLineSchema, workersSchema } from '../../../src/report/files/cluster-schemas.ts';
import { resultsLineSchema, resultsSchema } from '../../../src/report/files/output-schemas.ts';
import { trainSchema } from '../../../src/report/files/train-schema.ts';
import { watchLine } from '../../../src/report/files/watch-line.ts';
import { trialJson } from '../../../src/report/files/trial-json.ts';
import { trialSchema } from '../../../src/report/files/trial-schema.ts';
import { formatWorkers } from '../../../src/report/terminal/cluster-tables.ts';
import { trainingJson } from '../../../src/report/terminal/training-text.ts';
import { classificationMetrics as metrics } from '../../../src/study/metrics.ts';
import type { StudyRecord } from '../../../src/study/study-record.ts';
import type { TrialRecord } from '../../../src/study/trial.ts';
import {
  toDocument,
  completeResult,
  study,
  toResults,
  trial,
  trials,
} from '../support/sample-study.ts';
import { scoredTrials } from '../support/scored-study.ts';

const paused: StudyRecord = {
  ...study,
  status: 'paused',
  reason: 'no worker is left',
  stages: study.stages.map((stage) => ({ ...stage, space: null, reason: null, closed: false })),
  winner: null,
};
const open: readonly TrialRecord[] = [
  trial('coarse', 1, 0.1, { status: 'running', result: null, worker: null, fingerprint: null }),
  trial('coarse', 2, 0.01, { audit: 'disputed' }),
];

const replicated: StudyRecord = {
  ...study,
  spec: { ...study.spec, replicates: 2 },
  winner: {
    ...study.winner!,
    tests: [1, 2].map((replicate) => ({ replicate, accuracy: null, loss: 1, worker: 'node-b' })),
  },
};
const bothReplicates = trials.flatMap((one) => [one, { ...one, id: { ...one.id, replicate: 2 } }]);
const byCost: StudyRecord = {
  ...study,
  spec: { ...study.spec, objective: { metric: 'validation_cost', direction: 'minimize' } },
};

const layouts = [
  ['a complete study', toResults(study, trials)],
  ['a paused study', toResults(paused, open)],
  ['a study without trials', toResults(paused, [])],
  ['a study with replicates', toResults(replicated, bothReplicates)],
  ['each replicate', toResults(replicated, bothReplicates, { rows: 'trial' })],
  ['another objective', toResults(byCost, trials)],
  ['a study whose trials are compared', toResults(study, scoredTrials)],
] as const;

const complete = completeResult(0.4, { test_accuracy: 0.39, test_loss: 1.6 });
const diverged = { kind: 'diverged', steps: 7, seconds: 0.5, curve: [] } as const;
const seeds = [complete, diverged].map((result, index) => ({ seed: index + 1, result }));
const ensemble = {
  members: [{ seed: 1, step: 20 }],
  mirror: true,
  cycles: [{ cycle: 1, joins: true, validationAccuracy: 0.54 }],
  validation: { accuracy: 0.55, loss: 1.8 },
  test: null,
};
const stored = { trial: 'coarse/1', digest: 'ab'.repeat(32), same: false, changedKeys: ['seed'] };
const training = { seeds, ensemble: null, kernel: 'portable', stored: null, metrics };

const workers = [null, 'its arithmetic is different'].map((reason) => ({
  name: 'node-a',
  address: '10.0.0.2:51234',
  threads: 4,
  busy: 3,
  kernel: 'portable',
  reproducible: true,
  trialsCompleted: 17,
  training: [{ study: 'sample', trial: 'coarse/7' }],
  heardAtMs: 1_790_000_000_000,
  state: 'backing off' as const,
  reason,
}));
const options = { width: 80, color: (_style: string, text: string) => text, unicode: true };

/** Parsing removes fields that a schema does not describe, at any depth. */
function expectDescribed(schema: z.ZodType, text: string): void {
  const document: unknown = JSON.parse(text);
  expect(schema.parse(document)).toEqual(document);
}

function published(name: string): z.ZodType {
  return z.fromJSONSchema(JSON.parse(readFileSync(`docs/schemas/${name}.schema.json`, 'utf8')));
}

describe('the schema of results', () => {
  test.each(layouts)('describes every field of %s', (_, results) => {
    expectDescribed(resultsSchema(results), toDocument(results));
    published('results').parse(JSON.parse(toDocument(results)));
    for (const line of formatJsonl(results).trimEnd().split('\n').filter(Boolean)) {
      expectDescribed(resultsLineSchema(results), line);
      published('results-line').parse(JSON.parse(line));
    }
  });

  test('rejects a document without a field', () => {
    const { warnings: _, ...rest } = JSON.parse(toDocument(layouts[0][1])) as { warnings: unknown };
    expect(resultsSchema(layouts[0][1]).safeParse(rest).success).toBe(false);
    expect(published('results').safeParse(rest).success).toBe(false);
  });
});

test('every field of the documents that release 0.1.0 printed is still in the document', () => {
  const released = readFileSync('test/store/released/0.1.0.json', 'utf8');
  const { results } = JSON.parse(released) as { results: Record<string, unknown> };
  const now = layouts.flatMap(([, layout]) => paths(JSON.parse(toDocument(layout))));
  const before = Object.values(results).flatMap((document) => paths(document));
  expect(before).toContain('winner.tests[].test_worker');
  expect(before.filter((path) => !now.includes(path))).toEqual([]);
});

/** The paths of all fields: `stages[].trials[].rank`. */
function paths(value: unknown, prefix = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => paths(item, `${prefix}[]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    return [path, ...paths(inner, path)];
  });
}

describe('the schema of train', () => {
  test.each([
    ['one network', { ...training, seeds: seeds.slice(0, 1) }],
    ['one network that diverged', { ...training, seeds: seeds.slice(1) }],
    ['several seeds', training],
    ['an ensemble', { ...training, ensemble }],
    ['a trial of a study', { ...training, seeds: seeds.slice(0, 1), stored }],
  ])('describes every field of %s', (_, summary) => {
    expectDescribed(trainSchema(metrics), trainingJson(summary));
    published('train').parse(JSON.parse(trainingJson(summary)));
  });
});

test('the schema of trial describes every field of a trial and of its attempts', () => {
  const attempts = [null, 5].map((endedAtMs, at) => ({
    trial: trials[1]!.id,
    attempt: at + 1,
    kind: 'search' as const,
    worker: 'node-a',
    session: 's',
    machineId: 's',
    tokenId: 's',
    pack: 'p',
    assignedAtMs: 1,
    endedAtMs,
    outcome: endedAtMs === null ? null : ('accepted' as const),
    reason: null,
    fingerprint: null,
  }));
  const results = toResults(study, trials, { rows: 'trial', attempts });
  for (const at of [1, 2]) {
    const row = results.stages[0]!.rows.find(({ index }) => index === at + 1)!;
    const text = trialJson({
      study,
      results,
      row,
      trial: trials[at]!,
      attempts,
      command: 'ridgeline train',
    });
    expectDescribed(trialSchema(results), text);
    published('trial').parse(JSON.parse(text));
  }
});

test('no description in the schema of train repeats what null means', () => {
  const text = JSON.stringify(z.toJSONSchema(trainSchema(metrics)));
  expect(text).toContain('; null if not measured"');
  expect(text).not.toMatch(/null if not measured[^"]*null if not measured/);
});

test('the schema of workers describes every field of a worker', () => {
  const text = formatWorkers(workers, 'json', options, 0);
  expectDescribed(workersSchema, text);
  published('workers').parse(JSON.parse(text));
});

test.each([null, { trial: 'coarse/1', params: { lambda: 0.1 }, value: 0.4 }])(
  'the schema of watch describes every field of a line with the best trial %j',
  (best) => {
    const progress = {
      study: 'sample',
      status: 'running',
      priority: 1,
      stage: best && 'coarse',
      stages: [{ name: 'coarse', done: 1, total: 3 }],
      testAccuracy: best && 0.4,
      createdAtMs: 0,
      endedAtMs: null,
      msLeft: best && 1500,
      budget: null,
      done: 1,
      total: 3,
      running: 1,
      metric: 'validation_accuracy',
      decimals: [],
      best,
      testing: false,
      reason: null,
    } as const;
    const line = watchLine({
      progress,
      workers: [{ name: 'node-a', threads: 4, busy: 1, trialsCompleted: 1 }],
      elapsedMs: 1500,
    });
    expectDescribed(watchLineSchema, line);
    published('watch-line').parse(JSON.parse(line));
    expect(line.indexOf('\n')).toBe(line.length - 1);
  },
);
