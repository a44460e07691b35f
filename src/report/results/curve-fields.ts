/**
 * Curve fields: the columns of a long table of measurements, one row for each measurement of each trial. The
 * view `measurements` of the store (`store/sqlite/measurements-view.ts`) has the same data for SQL.
 */
import type { Metric } from '../../study/metrics.ts';
import type { Params } from '../../study/search-space.ts';
import { trialName, type Measurement, type TrialId, type TrialRecord } from '../../study/trial.ts';
import { metricIn } from './metric-values.ts';
import {
  fieldNamed,
  type ColumnNames,
  type FieldValue,
  type ResultField,
  type ResultLayout,
} from './result-fields.ts';
import { parameterValue, valueKind } from './parameter-fields.ts';
import { selectedRows } from './select-results.ts';
import type { StudyResults } from './study-results.ts';

/** One measurement of one trial. */
export interface CurveRow extends Measurement {
  readonly study: string;
  readonly id: TrialId;
  readonly params: Params;
}

export interface CurveField {
  readonly name: string;
  /** `whole`: an integer. */
  readonly kind: ResultField['kind'] | 'whole';
  readonly value: (row: CurveRow) => FieldValue;
}

/**
 * The measurements of the trials that have a row in `results`, in the order of the rows.
 *
 * @param trials with whole curves
 */
export function curveRows(
  results: Pick<StudyResults, 'study' | 'stages' | 'list'>,
  trials: readonly TrialRecord[],
): CurveRow[] {
  const byName = new Map(trials.map((trial) => [trialName(trial.id), trial]));
  return selectedRows(results).flatMap((row): CurveRow[] => {
    const trial = byName.get(row.trial);
    if (trial === undefined) return [];
    const { id, params, result } = trial;
    const { study } = results;
    return (result?.curve ?? []).map((point) => ({ ...point, study, id, params }));
  });
}

/** The named columns, in that order; null for all. @throws RidgelineError USAGE */
export function curveFields(layout: ResultLayout, names: ColumnNames): readonly CurveField[] {
  const fields: CurveField[] = [
    { name: 'study', kind: 'text', value: ({ study }) => study },
    { name: 'stage', kind: 'text', value: ({ id }) => id.stage },
    { name: 'index', kind: 'whole', value: ({ id }) => id.index },
    { name: 'trial', kind: 'text', value: ({ id }) => trialName(id) },
    { name: 'replicate', kind: 'whole', value: ({ id }) => id.replicate },
    ...layout.parameters.map((name): CurveField => {
      const kind = valueKind(layout.scales?.[name]);
      return { name, kind, value: ({ params }) => parameterValue(params, name, kind) };
    }),
    { name: 'step', kind: 'whole', value: ({ step }) => step },
    ...layout.metrics.map(metricField),
  ];
  return names?.map((name) => fieldNamed(fields, name)) ?? fields;
}

function metricField({ name }: Metric): CurveField {
  return { name, kind: 'number', value: (row) => metricIn(row, name) };
}
