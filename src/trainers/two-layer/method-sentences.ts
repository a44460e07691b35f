/** Method sentences: the network, its schedule and its cost in words, for reports, papers and help. */
import type { TwoLayerSettings } from './settings.ts';

/** What λ is, and how other libraries name it. */
export const lambdaDefinition =
  "cost = mean cross-entropy + λ(‖W1‖² + ‖W2‖²), biases are not penalised; weight_decay = 2λ in PyTorch's SGD, l2(λ) in Keras";

export function methodSentences(settings: TwoLayerSettings): readonly string[] {
  const { hidden, batch } = settings;
  return [
    `Network: pixels standardised by the mean and standard deviation of the training split, ${hidden} hidden units with ReLU, softmax; weights start from normal draws with standard deviation 1/√(inputs of the layer), biases from 0.`,
    `Training: mini-batch gradient descent without momentum, ${batch} images a step, ${lengthText(settings)}; ${rateText(settings)}.`,
    ...augmentationText(settings),
    `Penalty: ${lambdaDefinition}.`,
  ];
}

function lengthText({ cycles, epochs }: TwoLayerSettings): string {
  const [count, unit] = cycles === undefined ? [epochs ?? 0, 'epoch'] : [cycles, 'cycle'];
  const text = `${count} ${unit}${count === 1 ? '' : 's'}`;
  return cycles === undefined ? text : `${text} of the learning rate`;
}

function rateText({ learningRate }: TwoLayerSettings): string {
  const { min, max, stepSize, cycleMultiplier } = learningRate;
  const range =
    min === max
      ? `the learning rate is ${max}`
      : `the learning rate rises from ${min} to ${max} and falls again in cycles of ${2 * stepSize} steps (Smith 2015)`;
  return cycleMultiplier === 1
    ? range
    : `${range}, each cycle ${cycleMultiplier} times as long as the cycle before`;
}

function augmentationText({ dropout, mirror, shift }: TwoLayerSettings): string[] {
  const parts = [
    ...(dropout > 0 ? [`dropout of ${dropout} of the hidden units`] : []),
    ...(mirror ? ['images mirrored at random'] : []),
    ...(shift > 0 ? [`images shifted at random by up to ${shift} pixels`] : []),
  ];
  return parts.length === 0 ? [] : [`Regularisation besides λ: ${parts.join(', ')}.`];
}
