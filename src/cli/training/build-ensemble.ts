/** Ensemble building: selects networks from the checkpoints of several seeds, and measures them together. */
import { setImmediate } from 'node:timers/promises';
import { assert } from '../../base/assert.ts';
import type { EnsembleSummary } from '../../report/terminal/training-text.ts';
import { inputsOf, type Split, type TrainingData } from '../../study/images.ts';
import { numberParam } from '../../study/search-space.ts';
import type { DatasetReference } from '../../study/spec/dataset-reference.ts';
import type { TrainingState } from '../../trainers/train-trials.ts';
import type { Classifier } from '../../trainers/two-layer/classifier.ts';
import { chooseCycles, type CycleNetworks } from '../../trainers/two-layer/ensemble.ts';
import type { Kernel } from '../../trainers/two-layer/kernel.ts';
import type { NetworkParameters, NetworkShape } from '../../trainers/two-layer/model.ts';
import { cycleEnds } from '../../trainers/two-layer/schedule.ts';
import {
  classProbabilities,
  meanProbabilities,
  scoreProbabilities,
  type ScoringNetwork,
} from '../../trainers/two-layer/scoring.ts';
import { twoLayerSettings } from '../../trainers/two-layer/settings.ts';
import { standardize } from '../../trainers/two-layer/standardization.ts';
import { decodeState } from '../../trainers/two-layer/training-state.ts';
import type { CheckpointFiles } from './checkpoint-files.ts';
import type { TrainingChoice } from './training-choice.ts';
import type { TrainingView } from './training-view.ts';

export interface EnsembleRequest {
  readonly choice: TrainingChoice;
  /** Seeds whose training did not diverge. */
  readonly seeds: readonly number[];
  readonly data: TrainingData;
  readonly classNames: readonly string[] | null;
  /** Saved with the model. */
  readonly reference: DatasetReference;
}

export async function buildEnsemble(
  request: EnsembleRequest,
  checkpoints: CheckpointFiles,
  kernel: Kernel,
  view: TrainingView,
): Promise<{ readonly summary: EnsembleSummary; readonly classifier: Classifier }> {
  const { choice, seeds, data } = request;
  const { validation, test } = data;
  const settings = twoLayerSettings(choice.settings);
  const { mirror } = settings;
  const ends = cycleEnds(settings, data.train.records.length);
  const shape = networkShape(request);
  const standardization = standardize(data.train);
  const score = async (seed: number, step: number, split: Split): Promise<Float64Array> => {
    const parameters = parametersFrom(checkpoints.at(seed, step), shape);
    const network = { shape, parameters, standardization, mirror };
    return await scoreSplit(kernel, network, split, (done) =>
      view.working(`scoring seed ${seed}, step ${step}: ${done} images`),
    );
  };

  const candidates: CycleNetworks[] = [];
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
  const states = members.map(({ seed, step }) => ({ seed, state: checkpoints.at(seed, step) }));
  return {
    summary: {
      members,
      mirror,
      cycles,
      validation: scoreProbabilities(meanProbabilities(onValidation), validation),
      test: test === null ? null : scoreProbabilities(meanProbabilities(onTest), test),
    },
    classifier: buildClassifier(request, mirror, states),
  };
}

/** One network, or several, as a model file stores them. */
export function buildClassifier(
  request: EnsembleRequest,
  mirror: boolean,
  members: readonly { readonly seed: number; readonly state: TrainingState }[],
): Classifier {
  const { choice, data, classNames, reference } = request;
  const { channels, height, width, pixelMax } = data.train.images;
  const { scale, offset } = standardize(data.train);
  const shape = networkShape(request);
  return {
    shape,
    image: { channels, height, width, pixelMax },
    classNames,
    scale,
    offset,
    mirror,
    lambda: numberParam(choice.params, 'lambda'),
    trainedOn: { study: choice.name, data: reference },
    members: members.map(({ seed, state }) => ({
      seed,
      step: state.step,
      parameters: parametersFrom(state, shape),
    })),
  };
}

function networkShape({ choice, data }: EnsembleRequest): NetworkShape {
  const { images } = data.train;
  const { hidden } = twoLayerSettings(choice.settings);
  return { inputs: inputsOf(images), hidden, classes: images.classes };
}

function parametersFrom({ bytes }: TrainingState, shape: NetworkShape): NetworkParameters {
  const state = decodeState(bytes, shape);
  assert(state !== null, 'a checkpoint of this training has a network of its shape');
  return state.parameters;
}

/** Class probabilities of a split. Yields between chunks, so that signals and redraws are handled. */
export async function scoreSplit(
  kernel: Kernel,
  network: ScoringNetwork,
  split: Split,
  onProgress: (done: number) => void,
): Promise<Float64Array> {
  const scoring = classProbabilities(kernel, network, split);
  let next = scoring.next();
  for (; next.done !== true; next = scoring.next()) {
    onProgress(next.value);
    await setImmediate();
  }
  return next.value;
}
