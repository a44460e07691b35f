/** Label alignment: numbers the classes of images as a model does, by their names. */
import { RidgelineError } from '../base/errors.ts';
import type { Shard } from './shards/shard.ts';

/**
 * Folders with some of a model's classes, or with classes in another order, number them differently.
 * Without names on one side, or without a common name, the numbers stay.
 *
 * @param classNames those of the model; null if unknown
 * @throws RidgelineError DATASET_INVALID for a class that the model does not have
 */
export function alignLabels(shard: Shard, classNames: readonly string[] | null): Shard {
  const own = shard.classNames;
  if (own === null || classNames === null || !own.some((name) => classNames.includes(name)))
    return shard;
  const numbers = own.map((name) => classNames.indexOf(name));
  const unknown = own.find((_, label) => numbers[label] === -1 && shard.labels.includes(label));
  if (unknown !== undefined) {
    throw new RidgelineError(
      'DATASET_INVALID',
      `Shard ${shard.name} has images of the class ${JSON.stringify(unknown)}, which the model does not have: its classes are ${classNames.join(', ')}.`,
      'Leave out these images, or rename their class.',
    );
  }
  const labels = shard.labels.map((label) => numbers[label] ?? 0);
  return { ...shard, labels, classes: classNames.length, classNames };
}
