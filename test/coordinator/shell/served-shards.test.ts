import { describe, expect, test } from 'vitest';
import { ServedShards } from '../../../src/coordinator/shell/served-shards.ts';
import { encodeShard, shardDigest, type Shard } from '../../../src/dataset/shards/shard.ts';
import { smallShard } from '../../dataset/support/fixtures.ts';

async function pieces(served: ServedShards, digest: string, offset = 0): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  for await (const piece of served.bytes(digest, offset)!) found.push(piece);
  return found;
}

const whole = async (...request: Parameters<typeof pieces>): Promise<Buffer> =>
  Buffer.concat(await pieces(...request));

const source = (...shards: readonly Shard[]) => ({
  digests: shards.map(shardDigest),
  load: async () => shards,
});

describe('served shards', () => {
  test('give the bytes with the requested digest from any offset on', async () => {
    const served = new ServedShards();
    const shard = smallShard('a', 30);
    served.add('one', source(shard));
    const bytes = Buffer.concat(encodeShard(shard));
    for (const offset of [0, 1, 40, bytes.length - 1, bytes.length])
      expect((await whole(served, shardDigest(shard), offset)).equals(bytes.subarray(offset))).toBe(
        true,
      );
    expect(served.bytes('0'.repeat(64), 0)).toBe(null);
  });

  test('keep a shard of two studies once, without a copy', async () => {
    const served = new ServedShards();
    const [first, second] = [smallShard('a', 30), smallShard('a', 30)];
    served.add('one', source(first));
    served.add('two', source(second));
    const kept = await pieces(served, shardDigest(first));
    expect(kept.at(-1)!.buffer).toBe(first.pixels.buffer);
  });

  test('keep a shard until the last study that uses it is removed', () => {
    const served = new ServedShards();
    const [a, b] = [smallShard('a', 5, 1), smallShard('b', 6, 2)];
    served.add('one', source(a, b));
    served.add('two', source(b));
    served.remove('one');
    expect(served.bytes(shardDigest(a), 0)).toBe(null);
    expect(served.bytes(shardDigest(b), 0)).not.toBe(null);
    served.remove('two');
    expect(served.bytes(shardDigest(b), 0)).toBe(null);
  });

  test('are loaded once, at the first request, and again after a failure', async () => {
    const served = new ServedShards();
    const [a, b] = [smallShard('a', 5, 1), smallShard('b', 6, 2)];
    let loads = 0;
    const load = async (): Promise<readonly Shard[]> => {
      if (++loads === 1) throw new Error('the disk was busy');
      return [a, b];
    };
    served.add('one', { digests: [a, b].map(shardDigest), load });
    expect(loads).toBe(0);
    await expect(whole(served, shardDigest(a))).rejects.toThrow('the disk was busy');
    for (const shard of [a, b])
      expect(
        (await whole(served, shardDigest(shard))).equals(Buffer.concat(encodeShard(shard))),
      ).toBe(true);
    expect(loads).toBe(2);
  });

  test('come from the second study if those of the first cannot be loaded any more', async () => {
    const served = new ServedShards();
    const shard = smallShard('a', 5);
    const gone = async (): Promise<readonly Shard[]> => {
      throw new Error('the files have changed');
    };
    served.add('one', { digests: [shardDigest(shard)], load: gone });
    served.add('two', source(shard));
    served.remove('one');
    const bytes = await whole(served, shardDigest(shard));
    expect(bytes.equals(Buffer.concat(encodeShard(shard)))).toBe(true);
  });
});
