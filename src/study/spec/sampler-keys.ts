/** Sampler keys: the keys of a stage that select how its configurations are chosen. */
import { z } from 'zod';
import { optional, whole } from './schema-types.ts';

export const samplers = ['random', 'spread', 'model', 'grid'] as const;
export type SamplerName = (typeof samplers)[number];

/** Dimensions of the Sobol sequence. */
export const spreadParametersMax = 20;
/** The coordinator proposes trials between two messages; each proposal reads all results. */
export const modelTrialsMax = 2_000;
const togetherMax = 200;
const roundDefault = 8;

export const samplerKeys = {
  sampler: optional(
    z.enum(samplers),
    'how configurations are chosen; default random. spread: evenly over the space. model: near the best results so far. grid: all combinations',
  ),
  round: optional(
    whole(1, togetherMax, 'trials'),
    `with sampler: model: trials that are proposed together, from all results before them; default ${roundDefault}`,
  ),
  lag: optional(
    whole(1, togetherMax, 'trials'),
    'with sampler: model, instead of round: trial k is proposed from the results up to trial k - lag, without waiting for others',
  ),
  after: optional(
    z.string(),
    'with sampler: model: the earlier stage whose results are used from the first trial on',
  ),
};

/** How a stage chooses its configurations. */
export interface SamplerSpec {
  /** `random` if absent. */
  readonly sampler?: Exclude<SamplerName, 'random'>;
  /** Trials that the model proposes together; absent for other samplers, and with `lag`. */
  readonly round?: number;
  /** The model proposes trial k from the results up to trial k − lag; absent with `round`. */
  readonly lag?: number;
  /** The earlier stage from whose results the model starts. */
  readonly after?: string;
}

/** The keys in the shape of the file. */
export interface SamplerFile {
  readonly sampler?: SamplerName | undefined;
  readonly round?: number | undefined;
  readonly lag?: number | undefined;
  readonly after?: string | undefined;
}

/** The keys of a valid stage, with defaults. `random` is absent, so that studies of 0.1.0 keep their text. */
export function toSampler({ sampler, round, lag, after }: SamplerFile): SamplerSpec {
  if (sampler === undefined || sampler === 'random') return {};
  if (sampler !== 'model') return { sampler };
  const pace = lag === undefined ? { round: round ?? roundDefault } : { lag };
  return { sampler, ...pace, ...(after !== undefined && { after }) };
}

interface ModelStart {
  /** Number of searched hyperparameters. */
  readonly parameters: number;
  /** Number of configurations of the stage named by `after`; 0 without it. */
  readonly known: number;
  readonly lag: number | undefined;
}

/** Trials of `spread` with which a stage of `sampler: model` begins. */
export function modelStart({ parameters, known, lag = 0 }: ModelStart): number {
  const enough = Math.max(8, 3 * parameters);
  // With a lag, the trial after the start uses at least one result.
  return known > 0 ? Math.max(0, enough - known) : Math.max(enough, lag);
}
