/**
 * Data warnings: signs that images or labels are not what their owner intended. Such data is used as it
 * is: a training of it ends without an error, with a poor result.
 */
import type { DataWarning } from '../study/data-warning.ts';
import type { ShardFacts } from './shards/shard-facts.ts';

/** @param classNames by index; null if unknown */
export function dataWarnings(
  shards: readonly ShardFacts[],
  classNames: readonly string[] | null,
): readonly DataWarning[] {
  return [...classWarnings(shards, classNames), ...shards.flatMap(pixelWarnings)];
}

function classWarnings(
  shards: readonly ShardFacts[],
  classNames: readonly string[] | null,
): DataWarning[] {
  const classes = Math.max(0, ...shards.map(({ classCounts }) => classCounts.length));
  const counts = Array.from({ length: classes }, (_, index) =>
    shards.reduce((sum, { classCounts }) => sum + (classCounts[index] ?? 0), 0),
  );
  const empty = counts.flatMap((count, index) => (count === 0 ? [index] : []));
  const labelText = (index: number): string =>
    classNames === null ? String(index) : `${index} (${classNames[index] ?? ''})`;
  if (empty.length >= classes - 1 && classes > 0) {
    const label = labelText(counts.findIndex((count) => count > 0));
    return [
      { code: 'one_class', text: `All images have the label ${label}: nothing to tell apart.` },
    ];
  }
  if (empty.length === 0) return [];
  const shown = empty.slice(0, 5).map(labelText).join(', ');
  const more = empty.length > 5 ? ` and ${empty.length - 5} more` : '';
  const question =
    empty.length === 1 && empty[0] === 0
      ? 'do the labels begin with 1? Subtract 1 from them'
      : classNames === null
        ? 'labels are 0, 1, 2 and so on. If these have gaps, number them: `np.unique(labels, return_inverse=True)[1]`'
        : `no record of ${empty.length === 1 ? 'it' : 'them'} is in these shards`;
  const subject = empty.length === 1 ? `Class ${shown} has` : `Classes ${shown}${more} have`;
  return [{ code: 'empty_class', text: `${subject} no images: ${question}.` }];
}

/** Share of one pixel value above which images are called constant. */
const constantShare = 0.999;

function pixelWarnings({
  name,
  pixelMax,
  commonPixel,
  largestPixel,
}: ShardFacts): readonly DataWarning[] {
  const code = 'constant_pixels';
  const { value, share } = commonPixel;
  if (pixelMax > 1 && largestPixel <= 1 && share < 1) {
    const text = `All pixels of shard ${name} are 0 or 1, of ${pixelMax} possible: if the images were floats from 0 to 1, save \`(array * 255).round().astype(np.uint8)\` instead.`;
    return [{ code, text }];
  }
  if (share < constantShare) return [];
  const text = `${share === 1 ? 'All' : 'Almost all'} pixels of shard ${name} are ${value}, so a network has nothing to learn from: if the images were floats, scale them to 0 to ${pixelMax} before they become uint8.`;
  return [{ code, text }];
}
