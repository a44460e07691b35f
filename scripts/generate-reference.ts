/**
 * Writes the reference of study files in docs/study-file.md from the schema; with --check, reports whether
 * it is current.
 */
import { z } from 'zod';
import { studySchema } from '../src/study/spec/study-schema.ts';
import { describeTrainer } from '../src/trainers/registry.ts';
import { keyRows, keyTable, typeText, writeSection, type Schema } from './generated-files.ts';

/** The keys that release 0.1.0 used for what is now called otherwise, and those of a shorthand. */
const isOmitted = (key: string): boolean =>
  /(^|\.)numerics$/.test(key) || key.startsWith('stages[].lambda.');

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

const schema = z.toJSONSchema(studySchema(describeTrainer('two-layer')), { io: 'input' });
const rows = keyRows(schema, valueText).filter(({ key }) => !isOmitted(key));
writeSection('docs/study-file.md', 'keys of a study file', keyTable(rows));
