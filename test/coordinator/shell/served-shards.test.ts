import { describe, expect, test } from 'vitest';
import { PartShelf } from '../../../src/coordinator/shell/served-shards.ts';
import { encodePart, partDigest } from '../../../src/dataset/shards/shard.ts';
import { smallPart } from '../../dataset/support/fixtures.ts';

const whole = (shelf: PartShelf, digest: string, offset = 0): Buffer =>
  Buffer.concat([...shelf.pieces(digest, offset)]);

describe('the parts that a coordinator hands out', () => {
  test('are those bytes whose digest was asked for, from any place on', () => {
    const shelf = new PartShelf();
    const part = smallPart('a', 30);
    shelf.add('one', [part]);
    const bytes = Buffer.concat(encodePart(part));
    for (const offset of [0, 1, 40, bytes.length - 1, bytes.length]) {
      expect(whole(shelf, partDigest(part), offset).equals(bytes.subarray(offset))).toBe(true);
    }
    expect(shelf.has('0'.repeat(64))).toBe(false);
  });

  test('are held once for all studies, and no copy of them', () => {
    const shelf = new PartShelf();
    const [first, second] = [smallPart('a', 30), smallPart('a', 30)];
    shelf.add('one', [first]);
    shelf.add('two', [second]);
    const pieces = [...shelf.pieces(partDigest(first), 0)];
    expect(pieces.at(-1)!.buffer).toBe(first.pixels.buffer);
  });

  test('stay until the last study that uses them is over', () => {
    const shelf = new PartShelf();
    const [a, b] = [smallPart('a', 5, 1), smallPart('b', 6, 2)];
    shelf.add('one', [a, b]);
    shelf.add('two', [b]);
    shelf.remove('one');
    expect([shelf.has(partDigest(a)), shelf.has(partDigest(b))]).toEqual([false, true]);
    shelf.remove('two');
    expect(shelf.has(partDigest(b))).toBe(false);
  });
});
