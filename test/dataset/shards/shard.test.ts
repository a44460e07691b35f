import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RidgelineError } from '../../../src/base/errors.ts';
import { encodePart, encodedBytes, partDigest } from '../../../src/dataset/shards/shard.ts';
import { decodePart, smallPart } from '../support/fixtures.ts';

const joined = (pieces: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(pieces));

describe('the canonical bytes of a part', () => {
  test('are the header line, the labels and the pixels', () => {
    const part = {
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
    expect(Buffer.concat(encodePart(part)).equals(expected)).toBe(true);
    expect(encodedBytes(part)).toBe(expected.length);
    // python3 -c "import hashlib; print(hashlib.sha256(b'ridgeline-part-1 2 1 1 2 2 16\n\1\0\x09\x08\x07\x06').hexdigest())"
    expect(partDigest(part)).toBe(
      'fc616b15bda152e9a8fa2f01a2a2c5f878ece4d68cd00da0372a057422ca8558',
    );
  });

  test('do not know the names of the part and its classes', () => {
    const part = smallPart('a', 5);
    expect(partDigest({ ...part, name: 'b', classNames: ['x', 'y', 'z'] })).toBe(partDigest(part));
  });

  test('tell apart any two parts that differ in a pixel, a label or the shape', () => {
    const part = smallPart('a', 5);
    const pixels = part.pixels.slice();
    pixels[59] = (pixels[59]! + 1) % 17;
    const labels = part.labels.slice();
    labels[4] = (labels[4]! + 1) % 3;
    const digests = [
      part,
      { ...part, pixels },
      { ...part, labels },
      { ...part, height: 1, width: 4 },
      { ...part, pixelMax: 255 },
    ].map(partDigest);
    expect(new Set(digests).size).toBe(5);
  });

  test('decode to the part that they were made of', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(255), (records, salt) => {
        const part = smallPart('p', records, salt);
        expect(decodePart('p', joined(encodePart(part)))).toEqual(part);
      }),
    );
  });
});

describe('decodePart', () => {
  const whole = joined(encodePart(smallPart('p', 4)));
  const headerBytes = whole.indexOf(10) + 1;
  const changed = (at: number, value: number): Uint8Array => {
    const bytes = whole.slice();
    bytes[at] = value;
    return bytes;
  };

  test('refuses a part that was cut off or padded anywhere', () => {
    for (let bytes = 0; bytes < whole.length; bytes++) {
      expect(() => decodePart('p', whole.subarray(0, bytes))).toThrow(RidgelineError);
    }
    expect(() => decodePart('p', joined([whole, new Uint8Array(1)]))).toThrow(
      /has 83 bytes.*make 82/,
    );
  });

  test('names the record whose label is out of range', () => {
    expect(() => decodePart('p', changed(headerBytes + 2, 3))).toThrow(
      /label 3 of record 2.*3 classes/,
    );
  });

  test('names the record whose pixel is too bright', () => {
    expect(() => decodePart('p', changed(headerBytes + 4 + 12 * 3, 17))).toThrow(
      /pixel value 17 in record 3.*largest value is 16/,
    );
  });

  test('refuses shapes that cannot be, and a second spelling of a number', () => {
    for (const header of [
      '1 0 2 2 3 16',
      '1 3 2 2 0 16',
      '1 3 2 2 257 16',
      '1 3 2 2 3 256',
      '01 1 1 1 3 16',
      '9999999999 99999 99999 99999 3 16',
    ]) {
      expect(() => decodePart('p', Buffer.from(`ridgeline-part-1 ${header}\n\0\0\0\0`))).toThrow(
        RidgelineError,
      );
    }
  });

  test('gives a valid part or a RidgelineError for any bytes', () => {
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
          const part = decodePart('p', bytes);
          expect(joined(encodePart(part))).toEqual(new Uint8Array(bytes));
          expect(part.labels.every((label) => label < part.classes)).toBe(true);
          expect(part.pixels.every((pixel) => pixel <= part.pixelMax)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(RidgelineError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
