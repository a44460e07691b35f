import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { classifierArrays, classifierFrom } from '../../../src/trainers/two-layer/classifier.ts';
import { MalformedArrayFile } from '../../../src/trainers/two-layer/named-array.ts';
import { decodeNpz, encodeNpz } from '../../../src/trainers/two-layer/npz.ts';
import {
  decodeSafetensors,
  encodeSafetensors,
} from '../../../src/trainers/two-layer/safetensors.ts';
import { classProbabilities } from '../../../src/trainers/two-layer/scoring.ts';
import { hasNumpy, python } from '../../dataset/support/pickles.ts';
import { exampleClassifier } from './support/example-classifier.ts';
import { portableKernel } from './support/portable-kernel.ts';
import { randomImages } from './support/synthetic-images.ts';

const formats = [
  { name: '.npz', encode: encodeNpz, decode: decodeNpz },
  { name: '.safetensors', encode: encodeSafetensors, decode: decodeSafetensors },
];

/** An independent reader: numpy for `.npz`, the published layout for `.safetensors`. */
const readers = `
import json, struct, sys
import numpy as np
path, pixels = sys.argv[1], np.load(sys.argv[2])
if path.endswith('.npz'):
    m = np.load(path)
    names = [str(n) for n in m['class_names']]
else:
    raw = open(path, 'rb').read()
    size = struct.unpack('<Q', raw[:8])[0]
    header = json.loads(raw[8:8 + size])
    meta = header.pop('__metadata__')
    m = {k: np.frombuffer(raw[8 + size + v['data_offsets'][0]:8 + size + v['data_offsets'][1]],
                          {'F32': '<f4', 'I32': '<i4'}[v['dtype']]).reshape(v['shape']) for k, v in header.items()}
    names = json.loads(meta['class_names'])
x = pixels.astype(np.float64) * m['scale'] + m['offset']
scores = np.maximum(0, x @ m['W1'] + m['b1']) @ m['W2'] + m['b2']
e = np.exp(scores - scores.max(axis=1, keepdims=True))
print(json.dumps({'names': names, 'shape': m['image_shape'].tolist(), 'p': (e / e.sum(axis=1, keepdims=True)).tolist()}))
`;

describe.each(formats)('a model file in format $name', ({ name, encode, decode }) => {
  test.each([1, 2, 2500])('of %i networks comes back to the last bit', (members) => {
    const classifier = exampleClassifier(members);
    const file = Buffer.from(encode(classifierArrays(classifier)));
    expect(classifierFrom(decode(file))).toEqual(classifier);
  });

  test('is read as it was written, or refused, if any byte is changed or cut', () => {
    const classifier = exampleClassifier(1);
    const file = encode(classifierArrays(classifier));
    const at = fc.nat(file.length - 1);
    fc.assert(
      fc.property(at, fc.integer({ min: 1, max: 255 }), fc.boolean(), (place, change, cut) => {
        const spoilt = cut ? file.slice(0, place) : file.slice();
        if (!cut) spoilt[place]! ^= change;
        try {
          const { members } = classifierFrom(decode(spoilt));
          expect(members[0]!.parameters).toEqual(classifier.members[0]!.parameters);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedArrayFile);
        }
      }),
      { numRuns: 300 },
    );
  });

  test.skipIf(!hasNumpy)(
    `is read by numpy with the same names, shapes and probabilities (needs ${python} with numpy)`,
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'ridgeline-test-'));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const classifier = exampleClassifier(1);
      const images = randomImages(1, 20, { channels: 1, height: 3, width: 4, classes: 3 });
      const model = join(folder, `model${name}`);
      const pixels = join(folder, 'pixels.npy');
      writeFileSync(model, encode(classifierArrays(classifier)));
      writeFileSync(
        join(folder, 'save.py'),
        'import sys, numpy as np; np.save(sys.argv[1], np.frombuffer(sys.stdin.buffer.read(), np.uint8).reshape(20, 12))',
      );
      execFileSync(python, [join(folder, 'save.py'), pixels], { input: images.pixels });
      const said: unknown = JSON.parse(
        execFileSync(python, ['-c', readers, model, pixels], { encoding: 'utf8' }),
      );
      const { parameters } = classifier.members[0]!;
      const standardization = { ...classifier, meanByte: new Uint8Array(12) };
      const scoring = classProbabilities(
        portableKernel,
        { shape: classifier.shape, parameters, standardization, mirror: false },
        { images, records: Uint32Array.from({ length: 20 }, (_, r) => r) },
      );
      let next = scoring.next();
      while (next.done !== true) next = scoring.next();
      const { names, shape, p } = said as { names: string[]; shape: number[]; p: number[][] };
      expect(names).toEqual(classifier.classNames);
      expect(shape).toEqual([1, 3, 4]);
      const ours = [...next.value];
      p.flat().forEach((probability, index) => expect(ours[index]).toBeCloseTo(probability, 5));
    },
  );
});

test('a file of another program is refused, and the error names what is missing', () => {
  const other = encodeNpz({
    arrays: [{ name: 'weights', shape: [2], data: Float32Array.of(1, 2) }],
    texts: {},
  });
  expect(() => classifierFrom(decodeNpz(other))).toThrow(
    /no metadata, so Ridgeline did not write it/,
  );
  expect(() => decodeNpz(new TextEncoder().encode('hello'))).toThrow(MalformedArrayFile);
});
