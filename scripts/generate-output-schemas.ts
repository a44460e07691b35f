/**
 * Output schemas: writes `docs/schemas` and the tables of `docs/json.md` from
 * `src/report/files`; --check fails if they differ.
 */
import { z } from 'zod';
import { watchLineSchema, workersSchema } from '../src/report/files/cluster-schemas.ts';
import {
  decisionsSchema,
  diffSchema,
  planSchema,
  statusSchema,
  verifySchema,
} from '../src/report/files/command-schemas.ts';
import {
  dataInfoSchema,
  dataListSchema,
  doctorSchema,
  gradientsSchema,
  predictSchema,
  rateRangeSchema,
} from '../src/report/files/tool-schemas.ts';
import { resultsLineSchema, resultsSchema } from '../src/report/files/output-schemas.ts';
import { warningCodes } from '../src/report/results/warning.ts';
import { studyListSchema } from '../src/report/files/study-list-schema.ts';
import { trainSchema } from '../src/report/files/train-schema.ts';
import { logsSchema } from '../src/report/files/logs-json.ts';
import { trialSchema } from '../src/report/files/trial-schema.ts';
import { twoLayer } from '../src/trainers/two-layer/description.ts';
import { keyRows, typeText, type KeyRow, type Schema } from '../src/config/schema-keys.ts';
import { keyTable, writeSchema, writeSection } from './generated-files.ts';

/** Studies that search λ; others have columns for their own hyperparameters. */
const layout = {
  objective: { metric: 'validation_accuracy', direction: 'maximize' },
  metrics: twoLayer.metrics,
  parameters: ['lambda'],
  parameter: 'lambda',
} as const;

const documents = {
  results: resultsSchema(layout),
  'results-line': resultsLineSchema(layout),
  train: trainSchema(layout.metrics),
  trial: trialSchema(layout),
  logs: logsSchema,
  workers: workersSchema,
  'watch-line': watchLineSchema,
  studies: studyListSchema,
  status: statusSchema,
  diff: diffSchema,
  plan: planSchema,
  verify: verifySchema,
  'verify-decisions': decisionsSchema,
  predict: predictSchema,
  'lr-range-test': rateRangeSchema,
  'check-gradients': gradientsSchema,
  doctor: doctorSchema,
  'data-list': dataListSchema,
  'data-info': dataInfoSchema,
};

for (const [name, document] of Object.entries(documents)) {
  const schema = z.toJSONSchema(document, {
    // Of the two sides, the one that allows fields of later releases.
    io: 'input',
    override: ({ jsonSchema }) => {
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  const title = `ridgeline ${name.replace('-line', ' --format jsonl, one line')}`;
  await writeSchema(`docs/schemas/${name}.schema.json`, { title, ...schema });
  if (name !== 'results-line') writeSection('docs/json.md', name, tables(schema));
}

writeSection(
  'docs/json.md',
  'warning codes',
  [
    '| code | meaning |',
    '| --- | --- |',
    ...Object.entries(warningCodes).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`),
  ].join('\n'),
);

/** The document, then each shared object. Fields that another table describes alike are not repeated. */
function tables(schema: Schema): string {
  const shared = Object.entries(schema.$defs ?? {});
  const known = shared.flatMap(([, inner]) => keyRows(inner, valueText));
  const top =
    Array.isArray(schema.items) || typeof schema.items !== 'object' ? schema : schema.items;
  const rows = keyRows(top, valueText);
  known.push(...rows.filter(({ key }) => !key.includes('.')));
  const own = rows.filter(
    (row) => !row.key.includes('.') || !known.some((other) => isAlike(row, other)),
  );
  return [
    keyTable(own, 'field'),
    ...shared.map(
      ([name, inner]) =>
        `\`${name}\`: ${inner.description}.\n\n${keyTable(keyRows(inner, valueText), 'field')}`,
    ),
  ].join('\n\n');
}

function isAlike(row: KeyRow, other: KeyRow): boolean {
  return row.key.replace(/^[^.]*\./, '') === other.key && row.description === other.description;
}

function valueText(schema: Schema, isRequired: boolean): string {
  const type = typeText(schema).replace('mapping', 'object');
  return isRequired ? type : `${type}; may be absent`;
}
