import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RidgelineError } from '../../../src/base/errors.ts';
import { encodeShard, encodedBytes, shardDigest } from '../../../src/dataset/shards/shard.ts';
import { decodeShard, smallShard } from '../support/fixtures.ts';

const joined = (pieces: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(pieces));

describe('encodeShard', () => {
  test('canonical bytes are the header line, the labels and the pixels', () => {
    const shard = {
      name: 'any',
      labels: new Uint8Array([1, 0]),
      pixels: new Uint8Array([9, 8, 7, 6]),
      channels: 1,
      height: 1,
      width: 2,
      classes: 2,
      pixelMax: 16,
      classNames: null,
    };
    const expected = Buffer.concat([
      Buffer.from('ridgeline-part-1 2 1 1 2 2 16\n'),
      Buffer.from([1, 0, 9, 8, 7, 6]),
    ]);
    expect(Buffer.concat(encodeShard(shard)).equals(expected)).toBe(true);
    expect(encodedBytes(shard)).toBe(expected.length);
    // python3 -c "import hashlib; print(hashlib.sha256(b'ridgeline-part-1 2 1 1 2 2 16\n\1\0\x09\x08\x07\x06').hexdigest())"
    expect(shardDigest(shard)).toBe(
      'fc616b15bda152e9a8fa2f01a2a2c5f878ece4d68cd00da0372a057422ca8558',
    );
  });

  test('the digest does not depend on the names of the shard and its classes', () => {
    const shard = smallShard('a', 5);
    expect(shardDigest({ ...shard, name: 'b', classNames: ['x', 'y', 'z'] })).toBe(
      shardDigest(shard),
    );
  });

  test('shards that differ in a pixel, a label or the shape have different digests', () => {
    const shard = smallShard('a', 5);
    const pixels = shard.pixels.slice();
    pixels[59] = (pixels[59]! + 1) % 17;
    const labels = shard.labels.slice();
    labels[4] = (labels[4]! + 1) % 3;
    const digests = [
      shard,
      { ...shard, pixels },
      { ...shard, labels },
      { ...shard, height: 1, width: 4 },
      { ...shard, pixelMax: 255 },
    ].map(shardDigest);
    expect(new Set(digests).size).toBe(5);
  });

  test('canonical bytes decode to the same shard', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(255), (records, salt) => {
        const shard = smallShard('p', records, salt);
        expect(decodeShard('p', joined(encodeShard(shard)))).toEqual(shard);
      }),
    );
  });
});

describe('ShardDecoder', () => {
  const whole = joined(encodeShard(smallShard('p', 4)));
  const headerBytes = whole.indexOf(10) + 1;
  const changed = (at: number, value: number): Uint8Array => {
    const bytes = whole.slice();
    bytes[at] = value;
    return bytes;
  };

  test('a shard that was cut off or padded anywhere is refused', () => {
    for (let bytes = 0; bytes < whole.length; bytes++) {
      expect(() => decodeShard('p', whole.subarray(0, bytes))).toThrow(RidgelineError);
    }
    expect(() => decodeShard('p', joined([whole, new Uint8Array(1)]))).toThrow(
      /has 83 bytes.*make 82/,
    );
  });

  test('a label out of range is refused with its record', () => {
    expect(() => decodeShard('p', changed(headerBytes + 2, 3))).toThrow(
      /label 3 in record 2: labels are 0 to 2/,
    );
  });

  test('a pixel above the maximum is refused with its record', () => {
    expect(() => decodeShard('p', changed(headerBytes + 4 + 12 * 3, 17))).toThrow(
      /pixel value 17 in record 3.*maximum is 16/,
    );
  });

  test('impossible shapes and leading zeros are refused', () => {
    for (const header of [
      '1 0 2 2 3 16',
      '1 3 2 2 0 16',
      '1 3 2 2 257 16',
      '1 3 2 2 3 256',
      '01 1 1 1 3 16',
      '9999999999 99999 99999 99999 3 16',
    ]) {
      expect(() => decodeShard('p', Buffer.from(`ridgeline-part-1 ${header}\n\0\0\0\0`))).toThrow(
        RidgelineError,
      );
    }
  });

  test('any bytes give a valid shard or a RidgelineError', () => {
    const anyBytes = fc.uint8Array({ maxLength: 300 });
    const number = fc.oneof(fc.nat(4), fc.nat(300), fc.bigInt(0n, 10n ** 12n));
    const almost = fc
      .tuple(fc.array(number, { minLength: 6, maxLength: 6 }), fc.uint8Array({ maxLength: 64 }))
      .map(([numbers, tail]) =>
        joined([Buffer.from(`ridgeline-part-1 ${numbers.join(' ')}\n`), tail]),
      );
    const flipped = fc
      .tuple(fc.nat(whole.length - 1), fc.nat(255))
      .map(([at, value]) => changed(at, value));
    fc.assert(
      fc.property(fc.oneof(anyBytes, almost, flipped), (bytes) => {
        try {
          const shard = decodeShard('p', bytes);
          expect(joined(encodeShard(shard))).toEqual(new Uint8Array(bytes));
          expect(shard.labels.every((label) => label < shard.classes)).toBe(true);
          expect(shard.pixels.every((pixel) => pixel <= shard.pixelMax)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(RidgelineError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
