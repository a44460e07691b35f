/** What the numpy reader advises for arrays that need a conversion, and the class names that it reads. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { datasetInfo } from '../../../src/dataset/catalogue.ts';
import { refusal, temporaryFolder } from '../support/fixtures.ts';
import { npy, npyBytes, npyLabels, npyLiteral, zip } from '../support/npy.ts';

const images = npyBytes([2, 3, 4]);
const labels = npyLabels([0, 1]);

async function adviceFor(members: Readonly<Record<string, Uint8Array>>): Promise<string> {
  await using dir = await temporaryFolder();
  const path = join(dir.path, 'f.npz');
  await writeFile(path, zip(members));
  const { code, what, fix } = await refusal(datasetInfo(path, ''));
  expect(code).toBe('DATASET_INVALID');
  expect(what).toContain(path);
  return fix;
}

function floats(values: (index: number) => number): Buffer {
  return npy(
    npyLiteral('<f4', [2, 3, 4]),
    new Uint8Array(Float32Array.from({ length: 24 }, (_, i) => values(i)).buffer),
  );
}

function texts(type: 'U' | 'S', names: readonly string[]): Buffer {
  const width = 12;
  const bytes = Buffer.alloc(names.length * width * (type === 'U' ? 4 : 1));
  names.forEach((name, index) => {
    if (type === 'S') bytes.write(name, index * width, 'latin1');
    else
      Array.from(name).forEach((sign, at) =>
        bytes.writeUInt32LE(sign.codePointAt(0)!, 4 * (index * width + at)),
      );
  });
  return npy(npyLiteral(type === 'U' ? '<U12' : '|S12', [names.length]), bytes);
}

describe('the advice for images of another type follows from their values', () => {
  test.each([
    ['floats from 0 to 1', floats((i) => i / 23), '(images * 255).round().astype(np.uint8)'],
    [
      'floats from -1 to 1',
      floats((i) => i / 11.5 - 1),
      '((images + 1) * 127.5).round().astype(np.uint8)',
    ],
    ['whole floats up to 255', floats((i) => i), 'images=images.astype(np.uint8)'],
    ['floats up to 255', floats((i) => i * 10.5), 'images=images.round().astype(np.uint8)'],
    ['standardised floats', floats((i) => i / 8 - 1.5), 'Ridgeline standardises images itself'],
    ['floats with NaN', floats((i) => (i === 5 ? NaN : 0.5)), 'Replace NaN and infinite values'],
    [
      '16-bit numbers',
      npy(npyLiteral('<u2', [2, 3, 4]), new Uint8Array(48).fill(9)),
      '(images / images.max() * 255).round().astype(np.uint8)',
    ],
    [
      'truth values',
      npy(npyLiteral('|b1', [2, 3, 4]), new Uint8Array(24).fill(1)),
      '(images * 255).astype(np.uint8)',
    ],
  ] as const)('%s', async (_, array, expected) => {
    const fix = await adviceFor({
      'images.npy': array,
      'labels.npy': labels,
      'more info.npy': labels,
    });
    expect(fix).toContain(expected.replace('images=', "'images': "));
  });

  test('an archive is saved with all its arrays, a .npy file alone', async () => {
    expect(
      await adviceFor({ 'images.npy': floats((i) => i / 23), 'labels.npy': labels }),
    ).toContain(
      "`np.savez('f.npz', images=(images * 255).round().astype(np.uint8), labels=labels)`",
    );
    await using dir = await temporaryFolder();
    await writeFile(
      join(dir.path, 'x_train.npy'),
      floats((i) => i / 23),
    );
    await writeFile(join(dir.path, 'y_train.npy'), labels);
    expect((await refusal(datasetInfo(dir.path, ''))).fix).toContain(
      "`np.save('x_train.npy', (x_train * 255).round().astype(np.uint8))`",
    );
  });
});

describe('the advice for labels and shapes names the conversion', () => {
  const flat = (pixels: number) => ({ 'x.npy': npyBytes([2, pixels]), 'y.npy': labels });
  test.each([
    [
      'text labels',
      { 'x.npy': images, 'y.npy': texts('U', ['cat', 'dog']) },
      "np.savez('f.npz', x=x, y=np.unique(y, return_inverse=True)[1], class_names=np.unique(y))",
    ],
    ['one-hot labels', { 'x.npy': images, 'y.npy': npyBytes([2, 3]) }, 'y=y.argmax(1)'],
    [
      'labels as floats',
      { 'x.npy': images, 'y.npy': npy(npyLiteral('<f8', [2]), new Uint8Array(16)) },
      'y=y.astype(np.int64)',
    ],
    [
      'labels beyond 255',
      { 'x.npy': images, 'y.npy': npyLabels([0, 1000]) },
      'y=np.unique(y, return_inverse=True)[1]',
    ],
    [
      'a missing label',
      { 'x.npy': images, 'y.npy': npyLabels([0]) },
      'Save one label for each image',
    ],
    ['flat grey images', flat(144), 'x=x.reshape(-1, 12, 12)'],
    ['flat colour images', flat(3072), 'x=x.reshape(-1, 3, 32, 32)'],
    ['flat images that are not square', flat(150), 'Save images as N×H×W (grey)'],
    [
      'images of several sizes',
      { 'x.npy': npy(npyLiteral('|O', [2]), new Uint8Array(99)), 'y.npy': labels },
      'All images must have the same size',
    ],
    [
      'too few class names',
      { 'x.npy': images, 'y.npy': labels, 'class_names.npy': texts('U', ['cat']) },
      'one name for each class',
    ],
  ])('%s', async (_, members, expected) => {
    expect(await adviceFor(members)).toContain(expected);
  });
});

test('class names are read from a list of texts, and any other array is ignored', async () => {
  await using dir = await temporaryFolder();
  const path = join(dir.path, 'f.npz');
  const namesOf = async (extra: Readonly<Record<string, Uint8Array>>) => {
    await writeFile(path, zip({ 'x.npy': images, 'y.npy': labels, ...extra }));
    return (await datasetInfo(path, '')).classNames;
  };
  expect(await namesOf({ 'class_names.npy': texts('U', ['Äpfel', '猫']) })).toEqual([
    'Äpfel',
    '猫',
  ]);
  expect(await namesOf({ 'classes.npy': texts('S', ['cat', 'dog', 'ox']) })).toEqual([
    'cat',
    'dog',
  ]);
  expect(await namesOf({ 'classes.npy': texts('U', ['cat', 'cat']) })).toBeNull();
  expect(await namesOf({ 'classes.npy': npyLabels([0, 1]) })).toBeNull();
  expect(await namesOf({})).toBeNull();
});
