/**
 * Parquet export: results and curves as Apache Parquet, for pandas, Polars, DuckDB and R. Both have the fields
 * of the other files under the same names, and the study in the first column, so that files of several
 * studies can be concatenated.
 */
import { parquetWriteBuffer, type BasicType } from 'hyparquet-writer';
import { schemaVersion } from '../text/json-value.ts';
import { curveFields, curveRows } from '../results/curve-fields.ts';
import { tableFileFields, type ColumnNames, type FieldValue } from '../results/result-fields.ts';
import { selectedRows } from '../results/select-results.ts';
import type { StudyResults } from '../results/study-results.ts';
import type { TrialRecord } from '../../study/trial.ts';

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
const types = { text: 'STRING', flag: 'BOOLEAN', number: 'DOUBLE', whole: 'INT32' } as const;

interface ParquetColumn<Row> {
  readonly name: string;
  readonly type: BasicType;
  readonly value: (row: Row) => FieldValue;
}

export function formatParquet(results: StudyResults, columns: ColumnNames = null): Uint8Array {
  const rows = selectedRows(results);
  const fields = tableFileFields(results, columns).filter(({ name }) => name !== 'study');
  return parquetTable(results, rows, [
    { name: 'study', type: 'STRING', value: () => results.study },
    ...fields.map(({ name, kind, value }) => ({
      name,
      type: wholeFields.includes(name) ? types.whole : types[kind],
      value,
    })),
  ]);
}

/** @param trials with whole curves */
export function formatCurvesParquet(
  results: StudyResults,
  trials: readonly TrialRecord[],
  columns: ColumnNames = null,
): Uint8Array {
  const fields = curveFields(results, columns);
  return parquetTable(
    results,
    curveRows(results, trials),
    fields.map(({ name, kind, value }) => ({ name, type: types[kind], value })),
  );
}

function parquetTable<Row>(
  { study, seed, objective }: StudyResults,
  rows: readonly Row[],
  columns: readonly ParquetColumn<Row>[],
): Uint8Array {
  const buffer = parquetWriteBuffer({
    columnData: columns.map(({ name, type, value }) => ({
      name,
      type,
      nullable: true,
      data: rows.map(value),
    })),
    kvMetadata: [
      { key: 'ridgeline.schema_version', value: String(schemaVersion) },
      { key: 'ridgeline.study', value: study },
      { key: 'ridgeline.seed', value: String(seed) },
      { key: 'ridgeline.objective', value: JSON.stringify(objective) },
    ],
    createdBy: 'ridgeline',
  });
  return new Uint8Array(buffer);
}
