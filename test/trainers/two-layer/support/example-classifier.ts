/** A classifier of small networks. */
import type { Classifier } from '../../../../src/trainers/two-layer/classifier.ts';
import { initialParameters } from '../../../../src/trainers/two-layer/model.ts';

const shape = { inputs: 12, hidden: 5, classes: 3 };

export function exampleClassifier(members: number): Classifier {
  return {
    shape,
    image: { channels: 1, height: 3, width: 4, pixelMax: 255 },
    classNames: ['cat', 'dog', 'naïve 🐸'],
    scale: Float32Array.from({ length: 12 }, (_, k) => 0.01 + k / 1000),
    offset: Float32Array.from({ length: 12 }, (_, k) => -1 - k / 10),
    mirror: members > 1,
    lambda: 1e-4,
    trainedOn: {
      study: 'example',
      data: {
        shards: [{ name: 'all', digest: 'd', bytes: 100, count: 7 }],
        seed: 1,
        train: { count: 4 },
        validation: { count: 2 },
        test: null,
        stratify: true,
      },
    },
    members: Array.from({ length: members }, (_, index) => ({
      seed: index + 1,
      step: 800,
      parameters: initialParameters(index + 1, 1, shape),
    })),
  };
}
