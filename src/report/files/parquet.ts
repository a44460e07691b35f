/**
 * Results as Apache Parquet, for pandas, Polars, DuckDB and R: the fields of the other files under the same
 * names, with their types; unknown values are null. The study is in a column and, with the seed, in the
 * file's metadata, so that files of several studies can be concatenated.
 */
import { parquetWriteBuffer, type ColumnSource } from 'hyparquet-writer';
import { schemaVersion } from '../text/json-value.ts';
import { chosenFields, type ResultField } from '../results/result-fields.ts';
import type { StudyResults } from '../results/study-results.ts';

/** Integers; other numbers are measured. */
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
  const fields = chosenFields(results, columns);
  const buffer = parquetWriteBuffer({
    columnData: [
      { name: 'study', type: 'STRING', nullable: false, data: rows.map(() => results.study) },
      ...fields.map((field): ColumnSource => ({
        name: field.name,
        type: columnType(field),
        nullable: true,
        data: rows.map(field.value),
      })),
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

function columnType({ name, kind }: ResultField): 'STRING' | 'BOOLEAN' | 'INT32' | 'DOUBLE' {
  switch (kind) {
    case 'text':
      return 'STRING';
    case 'flag':
      return 'BOOLEAN';
    case 'number':
      return wholeFields.has(name) ? 'INT32' : 'DOUBLE';
  }
}
