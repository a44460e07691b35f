/** From the checkpoints of several seeds to networks that answer together. */
import { setImmediate } from 'node:timers/promises';
import { assert } from '../../base/assert.ts';
import type { EnsembleSummary } from '../../report/terminal/training-text.ts';
import { cycleEnds } from '../../study/spec/training-length.ts';
import { chooseCycles, type CycleCandidates } from '../../trainers/two-layer/ensemble.ts';
import type { Classifier } from '../../trainers/two-layer/classifier.ts';
import { inputsOf, type Split, type TrainingData } from '../../study/images.ts';
import type { Kernel } from '../../trainers/two-layer/kernel.ts';
import {
  meanProbabilities,
  probabilitiesOf,
  worthOf,
  type ScoringNetwork,
} from '../../trainers/two-layer/scoring.ts';
import { standardizationOf } from '../../trainers/two-layer/standardization.ts';
import type { TrainingState } from '../../trainers/two-layer/train-pack.ts';
import type { CheckpointFiles } from './checkpoint-files.ts';
import { identityOf } from './train-seeds.ts';
import type { TrainingChoice } from './training-choice.ts';
import type { TrainingView } from './training-view.ts';

export interface EnsembleRequest {
  readonly choice: TrainingChoice;
  /** Those that did not diverge. */
  readonly seeds: readonly number[];
  readonly data: TrainingData;
  readonly datasetKey: string;
  readonly classNames: readonly string[] | null;
}

export interface BuiltEnsemble {
  readonly summary: EnsembleSummary;
  readonly classifier: Classifier;
}

/** The networks of the chosen cycles, and what they are worth together. */
export async function buildEnsemble(
  request: EnsembleRequest,
  checkpoints: CheckpointFiles,
  kernel: Kernel,
  view: TrainingView,
): Promise<BuiltEnsemble> {
  const { choice, seeds, data, datasetKey } = request;
  const { validation, test } = data;
  const ends = cycleEnds(choice.settings, data.train.records.length);
  const stateOf = (seed: number, step: number): TrainingState =>
    checkpoints.at(identityOf(choice, seed, data, datasetKey), step);
  const networkOf = networkMaker(choice, data);
  const score = async (seed: number, step: number, split: Split): Promise<Float64Array> =>
    await scored(kernel, networkOf(stateOf(seed, step)), split, (done) =>
      view.working(`scoring seed ${seed}, step ${step}: ${done} images`),
    );

  const candidates: CycleCandidates[] = [];
  for (const [index, step] of ends.entries()) {
    const probabilities = [];
    for (const seed of seeds) probabilities.push(await score(seed, step, validation));
    candidates.push({ cycle: index + 1, validation: probabilities });
  }
  const cycles = chooseCycles(candidates, validation);
  const chosen = cycles.filter(({ joins }) => joins).map(({ cycle }) => cycle - 1);
  const members = chosen.flatMap((index) =>
    seeds.map((seed) => ({ seed, step: ends[index] ?? 0 })),
  );
  const onTest = [];
  if (test !== null) {
    for (const { seed, step } of members) onTest.push(await score(seed, step, test));
  }
  view.working(null);
  const onValidation = chosen.flatMap((index) => candidates[index]?.validation ?? []);
  return {
    summary: {
      members,
      mirror: choice.settings.mirror,
      cycles,
      validation: worthOf(meanProbabilities(onValidation), validation),
      test: test === null ? null : worthOf(meanProbabilities(onTest), test),
    },
    classifier: classifierOf(
      request,
      choice.settings.mirror,
      members.map(({ seed, step }) => ({ seed, state: stateOf(seed, step) })),
    ),
  };
}

/** One network, or several, as a file keeps them. */
export function classifierOf(
  { choice, data, classNames }: EnsembleRequest,
  mirror: boolean,
  members: readonly { readonly seed: number; readonly state: TrainingState }[],
): Classifier {
  const { images } = data.train;
  const { channels, height, width, pixelMax, classes } = images;
  const { scale, offset } = standardizationOf(data.train);
  return {
    shape: { inputs: inputsOf(images), hidden: choice.settings.hidden, classes },
    image: { channels, height, width, pixelMax },
    classNames,
    scale,
    offset,
    mirror,
    lambda: choice.lambda,
    members: members.map(({ seed, state: { step, parameters } }) => ({ seed, step, parameters })),
  };
}

function networkMaker(
  { settings }: TrainingChoice,
  { train }: TrainingData,
): (state: TrainingState) => ScoringNetwork {
  const { images } = train;
  const shape = { inputs: inputsOf(images), hidden: settings.hidden, classes: images.classes };
  const standardization = standardizationOf(train);
  return ({ parameters }) => ({ shape, parameters, standardization, mirror: settings.mirror });
}

/** Lets the process breathe between chunks: signals come in, the terminal is drawn. */
export async function scored(
  kernel: Kernel,
  network: ScoringNetwork,
  split: Split,
  onProgress: (done: number) => void,
): Promise<Float64Array> {
  const scoring = probabilitiesOf(kernel, network, split);
  for (;;) {
    const next = scoring.next();
    if (next.done === true) {
      assert(next.value.length > 0, 'a split has records');
      return next.value;
    }
    onProgress(next.value);
    await setImmediate();
  }
}
