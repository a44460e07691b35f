/**
 * Results as Apache Parquet, for pandas, Polars, DuckDB and R: one row a trial, the fields of the other
 * files under the same names, types kept, what is unknown null. Study and seed stand in the file's own
 * metadata and in a column, so that files of several studies can be put together.
 */
import { parquetWriteBuffer, type ColumnSource } from 'hyparquet-writer';
import { schemaVersion } from '../text/json-value.ts';
import { chosenFields, type ResultField } from '../results/result-fields.ts';
import type { ResultRow, StudyResults } from '../results/study-results.ts';

/** Counts: the other numbers are measured. */
const wholeFields: ReadonlySet<string> = new Set([
  'rank',
  'replicate',
  'replicates',
  'attempts',
  'steps',
]);

export function formatParquet(
  results: StudyResults,
  columns: readonly string[] | null = null,
): Uint8Array {
  const rows = results.stages.flatMap((stage) => stage.rows);
  const fields = chosenFields(results.objective, columns);
  const buffer = parquetWriteBuffer({
    columnData: [
      { name: 'study', type: 'STRING', nullable: false, data: rows.map(() => results.study) },
      ...fields.map((field) => columnOf(field, rows)),
    ],
    kvMetadata: [
      { key: 'ridgeline.schema_version', value: String(schemaVersion) },
      { key: 'ridgeline.study', value: results.study },
      { key: 'ridgeline.seed', value: String(results.seed) },
      { key: 'ridgeline.objective', value: JSON.stringify(results.objective) },
    ],
    createdBy: 'ridgeline',
  });
  return new Uint8Array(buffer);
}

function columnOf({ name, kind, value }: ResultField, rows: readonly ResultRow[]): ColumnSource {
  return { name, type: typeOf(name, kind), nullable: true, data: rows.map(value) };
}

function typeOf(
  name: string,
  kind: ResultField['kind'],
): 'STRING' | 'BOOLEAN' | 'INT32' | 'DOUBLE' {
  switch (kind) {
    case 'text':
      return 'STRING';
    case 'flag':
      return 'BOOLEAN';
    case 'number':
      return wholeFields.has(name) ? 'INT32' : 'DOUBLE';
  }
}
