/**
 * Writes the reference of study files in docs/study-file.md from the schema; with --check, reports whether
 * it is current.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { studySchema } from '../src/study/spec/study-schema.ts';
import { describeTrainer } from '../src/trainers/registry.ts';

type Schema = z.core.JSONSchema.BaseSchema;

interface Row {
  readonly key: string;
  readonly value: string;
  readonly description: string;
}

const path = join(import.meta.dirname, '..', 'docs', 'study-file.md');
const [start, end] = ['<!-- generated: keys of a study file -->', '<!-- end of generated text -->'];

/** The keys that release 0.1.0 used for what is now called otherwise. */
const formerKeys = new Set(['numerics']);

function rowsFor(schema: Schema, prefix: string): Row[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    if (typeof inner === 'boolean' || formerKeys.has(name)) return [];
    const key = `${prefix}${name}`;
    const value = valueText(inner, required.has(name));
    const row = { key, value, description: inner.description ?? '' };
    const isShorthand = key === 'stages[].lambda';
    return [row, ...(isShorthand ? [] : innerRows(inner, key))];
  });
}

function innerRows(schema: Schema, key: string): Row[] {
  if (schema.type === 'array' && typeof schema.items === 'object' && !Array.isArray(schema.items))
    return rowsFor(schema.items, `${key}[].`);
  return rowsFor(schema, `${key}.`);
}

function valueText(schema: Schema, isRequired: boolean): string {
  const { default: standard } = schema;
  const suffix =
    standard !== undefined && typeof standard !== 'object'
      ? `; default ${JSON.stringify(standard).replaceAll('"', '')}`
      : isRequired
        ? '; required'
        : '';
  return `${typeText(schema)}${suffix}`;
}

function typeText(schema: Schema): string {
  if (schema.anyOf !== undefined) return schema.anyOf.map((one) => typeText(one)).join(' or ');
  if (schema.enum !== undefined) return schema.enum.map(String).join(', ');
  if (schema.const !== undefined) return String(schema.const);
  if (schema.type === 'integer' || schema.type === 'number') return numberText(schema);
  if (schema.type === 'object') return 'mapping';
  if (schema.type === 'array') return 'list';
  if (schema.type === 'boolean') return 'true, false';
  return 'text';
}

function numberText(schema: Schema): string {
  const kind = schema.type === 'integer' ? 'whole number' : 'number';
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const low = minimum ?? exclusiveMinimum;
  const high = maximum ?? exclusiveMaximum;
  const from = low === undefined ? '' : minimum === undefined ? ` above ${low}` : ` from ${low}`;
  const to = high === undefined ? '' : maximum === undefined ? ` below ${high}` : ` to ${high}`;
  return `${kind}${from}${to}`;
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(
    ({ key, value, description }) => `| \`${key}\` | ${value} | ${description} |`,
  );
  return ['| key | value | meaning |', '| --- | --- | --- |', ...lines].join('\n');
}

const schema = z.toJSONSchema(studySchema(describeTrainer('two-layer')), { io: 'input' });
const text = readFileSync(path, 'utf8');
const [before = '', rest = ''] = text.split(start);
const after = rest.slice(rest.indexOf(end));
const current = `${before}${start}\n\n${table(rowsFor(schema, ''))}\n\n${after}`;
if (!process.argv.includes('--check')) writeFileSync(path, current);
else if (text !== current) {
  process.stderr.write(
    `${path} is not current\n  fix: Run \`npm run generate\` and commit the result.\n`,
  );
  process.exitCode = 1;
}
