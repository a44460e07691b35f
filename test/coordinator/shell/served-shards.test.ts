import { describe, expect, test } from 'vitest';
import { ServedShards } from '../../../src/coordinator/shell/served-shards.ts';
import { encodeShard, shardDigest } from '../../../src/dataset/shards/shard.ts';
import { smallShard } from '../../dataset/support/fixtures.ts';

const whole = (served: ServedShards, digest: string, offset = 0): Buffer =>
  Buffer.concat([...served.bytes(digest, offset)!]);

describe('served shards', () => {
  test('give the bytes with the requested digest from any offset on', () => {
    const served = new ServedShards();
    const shard = smallShard('a', 30);
    served.add('one', [shard]);
    const bytes = Buffer.concat(encodeShard(shard));
    for (const offset of [0, 1, 40, bytes.length - 1, bytes.length])
      expect(whole(served, shardDigest(shard), offset).equals(bytes.subarray(offset))).toBe(true);
    expect(served.bytes('0'.repeat(64), 0)).toBe(null);
  });

  test('keep a shard of two studies once, without a copy', () => {
    const served = new ServedShards();
    const [first, second] = [smallShard('a', 30), smallShard('a', 30)];
    served.add('one', [first]);
    served.add('two', [second]);
    const pieces = [...served.bytes(shardDigest(first), 0)!];
    expect(pieces.at(-1)!.buffer).toBe(first.pixels.buffer);
  });

  test('keep a shard until the last study that uses it is removed', () => {
    const served = new ServedShards();
    const [a, b] = [smallShard('a', 5, 1), smallShard('b', 6, 2)];
    served.add('one', [a, b]);
    served.add('two', [b]);
    served.remove('one');
    expect(served.bytes(shardDigest(a), 0)).toBe(null);
    expect(served.bytes(shardDigest(b), 0)).not.toBe(null);
    served.remove('two');
    expect(served.bytes(shardDigest(b), 0)).toBe(null);
  });
});
