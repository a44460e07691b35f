/**
 * A study: one search, as its YAML file says it. Plain data; `config` makes it from text,
 * `canonical-spec.ts` gives it one spelling.
 *
 * The words are those of `src/README.md`. Every bound is a value, never an exponent.
 */

/** One search: data, trainer, objective, stages in order, one seed. */
export interface StudySpec {
  /** The name: 1 to 64 of a–z, 0–9, `-`, `_`, `.`; starts with a letter or digit. */
  readonly study: string;
  /** A whole number in [0, 2^53); with the spec it determines every trial to the last bit. */
  readonly seed: number;
  readonly dataset: DatasetSpec;
  readonly trainer: TrainerSettings;
  readonly objective: Objective;
  /** At least one; names are unique. A stage may narrow any stage before it. */
  readonly stages: readonly StageSpec[];
  /** How often each λ is trained, each time with other initial weights and batches: 1 … 100. */
  readonly replicates: number;
  /** Whether only those λ of a stage are repeated that cannot be told from its best (`search/planning/racing.ts`). */
  readonly racing: boolean;
  /** `canonical`: only workers whose arithmetic gives the one right known answer take part. */
  readonly numerics: 'canonical' | 'any';
  /** `winner`: the test set is measured once, for the winner. `all`: in every trial. */
  readonly test: 'winner' | 'all';
  /** Which results are computed again, to compare; null: none are. */
  readonly audit: AuditSpec | null;
}

/** Results that another worker must reproduce before their stage closes. */
export interface AuditSpec {
  /** The share of a stage's trials that is drawn for it, in [0, 1]. */
  readonly random: number;
  /** The best so many of a stage. */
  readonly top: number;
}

/** One training run without a search: what `train` reads beside studies. */
export interface RecipeSpec {
  readonly name: string;
  readonly seed: number;
  readonly dataset: DatasetSpec;
  readonly trainer: TrainerSettings;
  /** The L2 strength λ ≥ 0. */
  readonly lambda: number;
}

export interface DatasetSpec {
  readonly source: DatasetSource;
  readonly train: Selection;
  readonly validation: Selection;
  readonly test: Selection | null;
  /** Drawn splits have the classes in the proportions in which they are in what is drawn from. */
  readonly stratify?: true;
}

export type DatasetSource =
  /** A data set of the catalogue: `digits`, `cifar10`, … */
  | { readonly kind: 'named'; readonly name: string }
  /** Files of the user's own. */
  | { readonly kind: 'path'; readonly path: string; readonly format: DatasetFormat };

/** What files of the user's own may be; `auto`: what they look like. */
export const datasetFormats = ['auto', 'cifar10-binary', 'cifar10-python', 'idx', 'numpy'] as const;

export type DatasetFormat = (typeof datasetFormats)[number];

/**
 * Which records a split has. `parts`: whole parts, in this order. `count`: that many records drawn by
 * the study's seed from the parts that no split names; splits drawn so never overlap. `fraction`: the
 * same, as a share of all records of those parts.
 */
export type Selection = CountedSelection | { readonly kind: 'fraction'; readonly fraction: number };

/** A selection once the data set is known. */
export type CountedSelection =
  | { readonly kind: 'parts'; readonly parts: readonly string[] }
  | { readonly kind: 'count'; readonly count: number };

export interface TrainerSettings {
  /** Hidden units, 1 … 4096. */
  readonly hidden: number;
  /** Records in a mini-batch, 1 … 100,000. */
  readonly batch: number;
  readonly learningRate: CyclicalRate;
  readonly length: TrainingLength;
  readonly measure: MeasureSchedule;
  /** The share of hidden units dropped in a step, 0 ≤ dropout < 1. */
  readonly dropout: number;
  /** Whether a record is mirrored left to right with probability one half each time it is used. */
  readonly mirror: boolean;
  /** A record is moved by up to this many pixels each way, each time it is used. */
  readonly shift: number;
}

/** The triangular cyclical rate (Smith 2015, arXiv 1506.01186): up for `stepSize` steps, then down. */
export interface CyclicalRate {
  readonly min: number;
  readonly max: number;
  /** n_s: half a cycle, in steps; of the first one where cycles grow. */
  readonly stepSize: number;
  /** How many times as long as the one before it each cycle is, 2 … 16; absent where all are equally long. */
  readonly cycleMultiplier?: number;
}

export type TrainingLength =
  | { readonly kind: 'cycles'; readonly cycles: number }
  | { readonly kind: 'epochs'; readonly epochs: number };

/** When a trial is measured; always at its last step too. */
export type MeasureSchedule =
  | { readonly kind: 'cycle' }
  | { readonly kind: 'epoch' }
  | { readonly kind: 'end' }
  | { readonly kind: 'steps'; readonly steps: number };

export type ObjectiveMetric =
  'validation_accuracy' | 'validation_loss' | 'validation_cost' | 'train_accuracy' | 'train_loss';

/** What ranks the trials: the metric's value at the last step. */
export interface Objective {
  readonly metric: ObjectiveMetric;
  readonly direction: 'maximize' | 'minimize';
}

export interface StageSpec {
  readonly name: string;
  /** Trials 1 … `trials`. */
  readonly trials: number;
  readonly lambda: LambdaSpec;
}

export type LambdaSpec =
  | { readonly kind: 'range'; readonly distribution: 'log_uniform'; readonly range: LambdaRange }
  /** The range is found from the named stage's results (`search/planning/narrowing.ts`). */
  | { readonly kind: 'narrow'; readonly distribution: 'log_uniform'; readonly narrow: string };

/** 0 < min < max. */
export interface LambdaRange {
  readonly min: number;
  readonly max: number;
}
