/**
 * Shard facts: numbers about the records of a shard, from which warnings follow. They are small, so the
 * read cache keeps them for shards that are not read again.
 */
import { z } from 'zod';
import type { Shard } from './shard.ts';

export const shardFactsSchema = z
  .object({
    name: z.string(),
    /** Number of records by class index. */
    classCounts: z.array(z.int()).readonly(),
    pixelMax: z.int(),
    /** The most frequent pixel value among those examined, and its share, 0 to 1. */
    commonPixel: z.object({ value: z.int(), share: z.number() }).readonly(),
    /** The largest pixel value among those examined. */
    largestPixel: z.int(),
  })
  .readonly();

export type ShardFacts = z.infer<typeof shardFactsSchema>;

/** Most pixels that are examined: enough for warnings, and read in a millisecond. */
const examinedMax = 200_000;

export function shardFacts({ name, labels, pixels, classes, pixelMax }: Shard): ShardFacts {
  const classCounts = Array.from({ length: classes }, () => 0);
  for (const label of labels) classCounts[label]! += 1;
  // An odd distance visits all columns of images whose width is a power of two.
  const distance = 2 * Math.floor(pixels.length / examinedMax / 2) + 1;
  const counts = Array.from({ length: 256 }, () => 0);
  for (let at = 0; at < pixels.length; at += distance) counts[pixels[at]!]! += 1;
  const most = Math.max(...counts);
  return {
    name,
    classCounts,
    pixelMax,
    commonPixel: { value: counts.indexOf(most), share: most / Math.ceil(pixels.length / distance) },
    largestPixel: counts.findLastIndex((count) => count > 0),
  };
}
