/**
 * Parquet export: results as Apache Parquet, for pandas, Polars, DuckDB and R. It has the fields of the
 * other files under the same names, after a column with the study, so that files of several studies can be
 * concatenated.
 */
import { parquetWriteBuffer, type ColumnSource } from 'hyparquet-writer';
import { schemaVersion } from '../text/json-value.ts';
import { chosenFields, type ColumnNames } from '../results/result-fields.ts';
import type { StudyResults } from '../results/study-results.ts';

/** Integers; other numbers are measured. */
const wholeFields = [
  'rank',
  'rank_in_study',
  'index',
  'replicate',
  'replicates',
  'attempts',
  'steps',
];
const columnTypes = { text: 'STRING', flag: 'BOOLEAN', number: 'DOUBLE' } as const;

export function formatParquet(results: StudyResults, columns: ColumnNames = null): Uint8Array {
  const rows = results.stages.flatMap((stage) => stage.rows);
  const fields = chosenFields(results, columns);
  const buffer = parquetWriteBuffer({
    columnData: [
      { name: 'study', type: 'STRING', nullable: false, data: rows.map(() => results.study) },
      ...fields.map((field): ColumnSource => ({
        name: field.name,
        type: wholeFields.includes(field.name) ? 'INT32' : columnTypes[field.kind],
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
