/**
 * Study spec: the content of a study file, with camelCase keys and all defaults.
 *
 * The types follow from the schema (`study-schema.ts`). The shorthands of the file are replaced: a stage
 * always has `search`, and the objective has its direction.
 */
import type { BudgetSpec } from '../budget.ts';
import type { Params, ParameterName, StageDistribution } from '../search-space.ts';
import type { TrainerSettings } from '../trainer-description.ts';
import type { Camel } from './case-codec.ts';
import type { SamplerSpec } from './sampler-keys.ts';
import type { datasetFormats, StudyFile } from './study-schema.ts';

type Shape = Camel<StudyFile>;

export type DatasetFormat = (typeof datasetFormats)[number];

/** Whole shards by name; or a number or a share of records, drawn by the seed from the other shards. */
export type Selection = CountedSelection | { readonly fraction: number };

/** A selection once the size of the data set is known. */
export type CountedSelection = readonly string[] | { readonly count: number };

export interface DatasetSpec extends Omit<
  NonNullable<Shape['dataset']>,
  'train' | 'validation' | 'test'
> {
  readonly train: Selection;
  readonly validation: Selection;
  readonly test?: Selection | undefined;
}

export interface Objective {
  /** Name of a metric of the trainer; its value at the last step ranks the trials. */
  readonly metric: string;
  readonly direction: 'maximize' | 'minimize';
}

export interface StageSpec extends SamplerSpec {
  readonly name: string;
  /** Number of sampled configurations. */
  readonly trials: number;
  readonly search: Readonly<Record<ParameterName, StageDistribution>>;
  /** Known configurations, tried in addition; hyperparameters without a value are sampled. */
  readonly also?: readonly Params[];
  /** Absent: as the study. */
  readonly stop?: StopRule | undefined;
}

/** Sampled and known configurations of a stage. */
export function configurationCount({ trials, also = [] }: StageSpec): number {
  return trials + also.length;
}

/** Whether trials that are clearly worse than the best one are stopped at rungs. */
export type StopRule = 'never' | 'clearly_worse';

export function stopRule(spec: Pick<StudySpec, 'stop'>, stage: Pick<StageSpec, 'stop'>): StopRule {
  return stage.stop ?? spec.stop ?? 'never';
}

/** Whether a stage stops trials. */
export function hasStopping(spec: Pick<StudySpec, 'stop' | 'stages'>): boolean {
  return spec.stages.some((stage) => stopRule(spec, stage) !== 'never');
}

export interface StudySpec extends Pick<
  Shape,
  'study' | 'seed' | 'replicates' | 'racing' | 'reproducible' | 'test' | 'audit'
> {
  /** Absent if the trainer reads its own data. */
  readonly dataset?: DatasetSpec;
  readonly trainer: TrainerSettings;
  readonly objective: Objective;
  /** Absent: never. */
  readonly stop?: StopRule | undefined;
  /** Absent: none. */
  readonly budget?: BudgetSpec | undefined;
  /** At least one; names are unique. A stage may narrow any stage before it. */
  readonly stages: readonly StageSpec[];
}

/** One training run without a search. */
export interface RecipeSpec extends Pick<StudySpec, 'study' | 'seed' | 'trainer'> {
  readonly dataset: DatasetSpec;
  readonly params: Params;
}
