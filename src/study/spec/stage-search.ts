/**
 * Stage search: the searched hyperparameters of each stage, from the forms that a study file may use.
 *
 * A stage has its own hyperparameters and those of the study's `search`. Short forms become long ones, and
 * known values (`also`) become known configurations. The rules of `search-rules.ts` hold already.
 */
import {
  numberDistributions,
  type ParameterName,
  type Params,
  type ParamValue,
  type StageDistribution,
} from '../search-space.ts';
import { toSampler } from './sampler-keys.ts';
import type { StudyFile } from './study-schema.ts';
import type { StageSpec } from './study-spec.ts';

/** A hyperparameter as the file gives it. */
export interface GivenParameter extends Partial<
  Record<(typeof numberDistributions)[number], readonly (number | undefined)[] | undefined>
> {
  readonly distribution?: StageDistribution['distribution'] | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly narrow?: string | undefined;
  readonly values?: readonly (ParamValue | undefined)[] | undefined;
  readonly also?: readonly (ParamValue | undefined)[] | undefined;
  readonly where?:
    Readonly<Record<ParameterName, readonly (ParamValue | undefined)[] | undefined>> | undefined;
}

type GivenSearch = Readonly<Record<ParameterName, GivenParameter | undefined>>;

interface GivenStage {
  readonly search?: GivenSearch | undefined;
  readonly lambda?: GivenParameter | undefined;
  readonly narrow?: string | undefined;
}

/** A hyperparameter of a stage, and where the file gives it. */
export interface PlacedParameter {
  readonly name: ParameterName;
  readonly given: GivenParameter;
  readonly path: readonly (string | number)[];
}

/** The hyperparameters of a stage: its own replace those of the study, and `narrow` the bounds of the only one. */
export function searchedIn(
  study: GivenSearch | undefined,
  stage: GivenStage,
  index: number,
): PlacedParameter[] {
  const at = ['stages', index];
  const found = new Map<ParameterName, PlacedParameter>();
  const add = (search: GivenSearch, path: PlacedParameter['path']): void => {
    for (const [name, given] of Object.entries(search))
      if (given !== undefined) found.set(name, { name, given, path: [...path, name] });
  };
  add(study ?? {}, ['search']);
  if (stage.search === undefined) add({ lambda: stage.lambda }, at);
  else add(stage.search, [...at, 'search']);
  const placed = [...found.values()];
  const [only, ...others] = placed;
  if (stage.narrow === undefined || only === undefined || others.length > 0) return placed;
  const { where } = only.given;
  return [{ ...only, given: { narrow: stage.narrow, where }, path: [...at, 'narrow'] }];
}

/** Distribution, bounds and values of a hyperparameter, without the short form. */
export function longForm(
  given: GivenParameter,
): Pick<GivenParameter, 'distribution' | 'min' | 'max' | 'values' | 'narrow'> {
  for (const distribution of numberDistributions) {
    const [min, max] = given[distribution] ?? [];
    if (given[distribution] !== undefined) return { distribution, min, max };
  }
  const { distribution, min, max, narrow, values } = given;
  if (values !== undefined) return { distribution: 'values', values };
  return narrow === undefined ? { distribution, min, max } : { distribution, narrow };
}

/** The stages of a valid file. */
export function toStages({ search, stages }: Pick<StudyFile, 'search' | 'stages'>): StageSpec[] {
  const built: StageSpec[] = [];
  for (const [index, stage] of stages.entries()) {
    const placed = searchedIn(search, stage, index);
    const known = [...(stage.also ?? []).map(defined), ...knownValues(placed, index)];
    const resolved = placed.map(({ name, given }) => [name, toDistribution(name, given, built)]);
    built.push({
      name: stage.name,
      trials: stage.trials,
      search: Object.fromEntries(resolved),
      ...(known.length > 0 && { also: known }),
      ...toSampler(stage),
    });
  }
  return built;
}

/** Known values of the study's `search` are tried in the first stage. */
function knownValues(placed: readonly PlacedParameter[], index: number): Params[] {
  return placed.flatMap(({ name, given, path }) =>
    path[0] === 'search' && index > 0
      ? []
      : (given.also ?? []).flatMap((value) => (value === undefined ? [] : [{ [name]: value }])),
  );
}

function defined(values: Readonly<Record<string, ParamValue | undefined>>): Params {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** @param before the stages before; a narrowed distribution is of the same kind as theirs */
function toDistribution(
  name: ParameterName,
  given: GivenParameter,
  before: readonly StageSpec[],
): StageDistribution {
  const { distribution, min, max, narrow, values = [] } = longForm(given);
  const where = given.where === undefined ? {} : { where: conditions(given.where) };
  if (narrow !== undefined) {
    const source = before.find((stage) => stage.name === narrow)?.search[name];
    return {
      distribution: distribution ?? source?.distribution ?? 'log_uniform',
      narrow,
      ...where,
    };
  }
  if (distribution === 'values')
    return { distribution, values: values.filter((value) => value !== undefined), ...where };
  return { distribution: distribution ?? 'log_uniform', min, max, ...where };
}

function conditions(given: NonNullable<GivenParameter['where']>): StageDistribution['where'] {
  return Object.fromEntries(
    Object.entries(given).map(([name, values = []]) => [
      name,
      values.filter((value) => value !== undefined),
    ]),
  );
}
