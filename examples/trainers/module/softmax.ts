/** Softmax regression on the images of a study, by gradient descent. A step is an epoch. */
import type { TrainerModule, TrainerRecords, TrainerTask, Training } from 'ridgeline/trainer';

type Values = { learning_rate: number; penalty: number; epochs: number };

export default {
  contract: 1,
  needsData: true,
  parameters: {
    learning_rate: { kind: 'number', min: 1e-6, max: 10, default: 0.01 },
    penalty: { kind: 'number', min: 0, max: 10, default: 0, description: 'L2 penalty' },
    epochs: { kind: 'integer', min: 3, max: 1000, default: 12 },
  },
  metrics: { validation_accuracy: 'maximize' },
  rungs: ({ epochs }) => [Math.ceil(epochs / 3), Math.ceil((2 * epochs) / 3), epochs],
  open: startTraining,
} satisfies TrainerModule<Values>;

function startTraining({ parameters, data, random }: TrainerTask<Values>): Training {
  const { learning_rate: rate, penalty } = parameters;
  const inputs = data.train.pixels.length / data.train.count;
  const toRows = ({ pixels, labels }: TrainerRecords) =>
    Array.from(labels, (label, row) => {
      const image = pixels.subarray(row * inputs, (row + 1) * inputs);
      return { label, image: Array.from(image, (x) => x / data.pixelMax) };
    });
  const [train, validation] = [toRows(data.train), toRows(data.validation)];
  // The weights (classes, inputs), then the epoch: all that a step changes.
  const state = new Float64Array(data.classes * inputs + 1);
  const [weights, epoch] = [state.subarray(0, -1), state.subarray(-1)];

  function probabilities(image: number[]): number[] {
    const powers = Array.from({ length: data.classes }, (_, c) =>
      Math.exp(image.reduce((sum, x, i) => sum + x * weights[c * inputs + i]!, 0)),
    );
    const sum = powers.reduce((a, b) => a + b);
    return powers.map((power) => power / sum);
  }
  function update({ image, label }: (typeof train)[number]): void {
    for (const [c, p] of probabilities(image).entries())
      for (const [i, x] of image.entries()) {
        const weight = weights[c * inputs + i]!;
        weights[c * inputs + i] =
          weight - rate * ((p - Number(c === label)) * x + 2 * penalty * weight);
      }
  }
  return {
    trainTo(to, { onStep, isStopped }) {
      while (epoch[0]! < to) {
        const shuffled = train.map((row, index) => ({ row, key: random(epoch[0]!, index) }));
        for (const { row } of shuffled.toSorted((a, b) => a.key - b.key)) update(row);
        onStep(++epoch[0]!);
        if (!weights.every(Number.isFinite)) return 'diverged';
        if (isStopped()) return 'stopped';
      }
      return 'reached';
    },
    measure() {
      const scores = validation.map(({ image, label }) => ({ p: probabilities(image), label }));
      return { metrics: {}, correct: scores.map(({ p, label }) => p[label] === Math.max(...p)) };
    },
    state: () => new Uint8Array(state.buffer),
    restore: (saved) => state.set(new Float64Array(saved.buffer)),
  };
}
