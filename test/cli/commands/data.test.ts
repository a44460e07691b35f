/** `ridgeline data info` on the user's own files. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../dataset/support/fixtures.ts';
import { greyPng, writeTree } from '../../dataset/support/images.ts';
import { npyBytes, npyLabels, zip } from '../../dataset/support/npy.ts';
import { inProcess } from '../support/in-process.ts';

test('data info warns of labels from 1, as text and as JSON', async () => {
  await using dir = await temporaryFolder();
  const path = join(dir.path, 'f.npz');
  await writeFile(path, zip({ 'x.npy': npyBytes([3, 4, 5]), 'y.npy': npyLabels([1, 2, 3]) }));
  const { stdout } = await inProcess(['data', 'info', path, '--format', 'table']);
  const text = 'Class 0 has no images: do the labels begin with 1? Subtract 1 from them.';
  expect(stdout).toContain(`\nwarning: ${text}\n`);
  const json: unknown = JSON.parse(
    (await inProcess(['data', 'info', path, '--format', 'json'])).stdout,
  );
  expect(json).toMatchObject({
    warnings: [text],
    warning_details: [{ code: 'empty_class', text }],
  });
});

test('init and data info read images in class folders', async () => {
  await using dir = await temporaryFolder();
  const images = join(dir.path, 'photos');
  const names = Array.from({ length: 60 }, (_, i) => `${i < 30 ? 'cat' : 'dog'}/${i}.png`);
  await writeTree(images, Object.fromEntries(names.map((name) => [name, greyPng(3, 2, 9)])));
  const { stdout } = await inProcess(['data', 'info', images, '--format', 'table']);
  expect(stdout).toMatch(/\(images\)\nimages {3}1 x 2 x 3.*2 classes\nclasses {2}cat, dog\n/);
  const written = await inProcess(['init', join(dir.path, 'photos'), '--data', images]);
  expect(written).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('warning: All pixels of shard all are 9, so a network'),
  });
});
