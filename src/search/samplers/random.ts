/**
 * Random search (Bergstra and Bengio 2012): the sampled hyperparameters of each trial.
 *
 * A trial's values depend on the study's seed, the stage, its search space and the trial's index, and on
 * nothing else, so an extended stage keeps its trials.
 */
import { RandomStream } from '../../base/philox.ts';
import { sha256 } from '../../base/digest.ts';
import {
  activeParams,
  type ParameterName,
  type Params,
  type ParamValue,
  type SearchSpace,
} from '../../study/search-space.ts';
import type { StageSpec, StudySpec } from '../../study/spec/study-spec.ts';
import { knownIndexBase, type TrialId } from '../../study/trial.ts';
import { quantile } from './distribution.ts';

export interface PlannedTrial {
  readonly id: TrialId;
  readonly params: Params;
}

/**
 * The trials of a stage that are planned when it opens: replicate 1 of each configuration, then replicate 2 of
 * each, and so on; known configurations first. A race begins with replicate 1 only (`planning/racing.ts`).
 */
export function sampleTrials(
  spec: Pick<StudySpec, 'seed' | 'racing' | 'replicates'>,
  stage: Pick<StageSpec, 'name' | 'trials' | 'also'>,
  space: SearchSpace,
): PlannedTrial[] {
  const configurations = sampleConfigurations(spec.seed, stage, space);
  return Array.from({ length: spec.racing ? 1 : spec.replicates }, (_, round) =>
    configurations.map(({ index, params }) => {
      return { id: { stage: stage.name, index, replicate: round + 1 }, params };
    }),
  ).flat();
}

/** Whether the trial is in the random share of its stage that audits recompute. */
export function isDrawnForAudit(
  seed: number,
  { stage, index, replicate }: TrialId,
  share: number,
): boolean {
  return new RandomStream(seed, 'audit', toPlace(stage), replicate).uniformAt(index) < share;
}

interface Configuration {
  readonly index: number;
  readonly params: Params;
}

function sampleConfigurations(
  seed: number,
  { name, trials, also = [] }: Pick<StageSpec, 'name' | 'trials' | 'also'>,
  space: SearchSpace,
): Configuration[] {
  const samplers = Object.entries(space).map(([parameter, distribution]) => {
    // Each parameter has its own stream. λ, the only parameter of version 0.1.0, keeps the stream it had.
    const place = toPlace(parameter === 'lambda' ? name : `${name}/${parameter}`);
    const random = new RandomStream(seed, 'lambda', place);
    return (index: number): readonly [ParameterName, ParamValue] => [
      parameter,
      quantile(distribution, random.uniformAt(index)),
    ];
  });
  const configuration = (index: number, known: Params = {}): Configuration => {
    const sampled = Object.fromEntries(samplers.map((sample) => sample(index)));
    return { index, params: activeParams({ ...sampled, ...known }, space) };
  };
  return [
    ...also.map((known, place) => configuration(knownIndexBase + place + 1, known)),
    ...Array.from({ length: trials }, (_, place) => configuration(place + 1)),
  ];
}

/** 32 bits of the name's hash. */
function toPlace(name: string): number {
  return Number.parseInt(sha256(name).slice(0, 8), 16);
}
