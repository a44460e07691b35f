import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { binaryBatch, cifarBinary } from '../../../src/dataset/formats/cifar.ts';
import { guessFormat } from '../../../src/dataset/formats/formats.ts';
import { openDataset } from '../../../src/dataset/open-dataset.ts';
import { shardDigest } from '../../../src/dataset/shards/shard.ts';
import { PixelMemory } from '../../../src/dataset/bytes/pixel-memory.ts';
import {
  cifarFile,
  cifarFolder,
  cifarSpec,
  shards,
  realDataDir,
  recordBytes,
  refusal,
  temporaryFolder,
} from '../support/fixtures.ts';

const everything = (): boolean => true;

describe('CIFAR-10 binary files', () => {
  test('folder and archive give the same labels, and pixels in C,H,W order', async () => {
    await using dir = await temporaryFolder();
    const file = cifarFile(23, 4);
    const folder = await cifarFolder(dir.path, {
      data_batch_1: file,
      data_batch_2: cifarFile(11, 5),
      test_batch: cifarFile(7, 6),
    });
    await writeFile(join(folder, 'batches.meta.txt'), 'airplane\n');
    const archive = join(dir.path, 'any.tar.gz');
    execFileSync('tar', ['czf', archive, '-C', dir.path, 'cifar-10-batches-bin']);

    const fromFolder = await cifarBinary.folder(folder, everything, new PixelMemory());
    const fromArchive = await cifarBinary.file(archive, everything, new PixelMemory());
    expect(fromFolder.names).toEqual(['data_batch_1', 'data_batch_2', 'test_batch']);
    expect(fromFolder.official).toBe(false);
    const [first] = fromFolder.shards;
    expect([...first!.labels]).toEqual(Array.from({ length: 23 }, (_, r) => r % 10));
    for (const record of [0, 22]) {
      expect(first!.pixels.subarray(record * 3072, (record + 1) * 3072)).toEqual(
        file.subarray(record * recordBytes + 1, (record + 1) * recordBytes),
      );
    }
    expect(fromArchive).toEqual(fromFolder);
    expect(fromArchive.shards.map(shardDigest)).toEqual(fromFolder.shards.map(shardDigest));
  });

  test('an unwanted shard is not read, so it may be damaged', async () => {
    await using dir = await temporaryFolder();
    const folder = await cifarFolder(dir.path, {
      data_batch_1: cifarFile(2, 0),
      test_batch: new Uint8Array(99),
    });
    const found = await cifarBinary.folder(
      folder,
      (shard) => shard === 'data_batch_1',
      new PixelMemory(),
    );
    expect(found.shards.map((shard) => shard.name)).toEqual(['data_batch_1']);
    expect(found.names).toContain('test_batch');
  });

  test('a file gives the same shard whatever its chunks', () => {
    const bytes = cifarFile(5, 9);
    const whole = binaryBatch('f', 'p', bytes.length, new PixelMemory());
    whole.write(bytes);
    whole.end();
    for (const size of [1, 3072, 3073, 3074, 5000]) {
      const file = binaryBatch('f', 'p', bytes.length, new PixelMemory());
      for (let at = 0; at < bytes.length; at += size) file.write(bytes.subarray(at, at + size));
      file.end();
      expect(shardDigest(file.value())).toBe(shardDigest(whole.value()));
    }
  });
});

describe('cifarBinary.folder and cifarBinary.file refuse with the place', () => {
  const good = cifarFile(4, 0);
  const wrongLabel = good.slice();
  wrongLabel[3 * recordBytes] = 10;
  const cases = [
    [
      'a truncated file',
      good.subarray(0, -1),
      /has 12291 bytes, that is 3 records of 3073 bytes and 3072 bytes more/,
    ],
    [
      'a padded file',
      Buffer.concat([good, new Uint8Array(1)]),
      /has 12293 bytes, that is 4 records of 3073 bytes and 1 bytes more/,
    ],
    ['an empty file', new Uint8Array(), /has 0 bytes/],
    [
      'a file with a label out of range',
      wrongLabel,
      /label 10 in record 3, at byte 9219: labels are 0 to 9/,
    ],
  ] as const;

  test.each(cases)('%s', async (_, bytes, says) => {
    await using dir = await temporaryFolder();
    const folder = await cifarFolder(dir.path, {
      data_batch_1: cifarFile(1, 1),
      data_batch_2: bytes,
    });
    const spec = cifarSpec(shards('data_batch_1'), shards('data_batch_2'));
    const error = await refusal(openDataset(spec, { dataDir: dir.path }));
    expect(error.code).toBe('DATASET_INVALID');
    expect(error.what).toContain(join(folder, 'data_batch_2.bin'));
    expect(error.what).toMatch(says);

    const archive = join(dir.path, 'a.tar.gz');
    execFileSync('tar', ['czf', archive, '-C', dir.path, 'cifar-10-batches-bin']);
    const inArchive = await refusal(cifarBinary.file(archive, everything, new PixelMemory()));
    expect(inArchive.what).toContain(`${archive}, member cifar-10-batches-bin/data_batch_2.bin`);
    expect(inArchive.what).toMatch(says);
  });

  test('an archive that contains a shard twice', async () => {
    await using dir = await temporaryFolder();
    await cifarFolder(dir.path, { data_batch_1: cifarFile(1, 1) });
    const archive = join(dir.path, 'a.tar.gz');
    const member = 'cifar-10-batches-bin/data_batch_1.bin';
    execFileSync('tar', ['czf', archive, '-C', dir.path, '--hard-dereference', member, member]);
    expect((await refusal(cifarBinary.file(archive, everything, new PixelMemory()))).what).toMatch(
      /contains data_batch_1 twice/,
    );
  });
});

const dataDir = realDataDir();

describe.skipIf(dataDir === null)(
  'the archive in RIDGELINE_TEST_DATA or ../shared/data (skipped without it)',
  () => {
    const archive = join(dataDir ?? '', 'cifar-10-binary.tar.gz');
    let unpacked: Buffer;
    beforeAll(() => {
      const member = 'cifar-10-batches-bin/test_batch.bin';
      unpacked = execFileSync('tar', ['xzOf', archive, member], { maxBuffer: 2 ** 28 });
    });

    test('the real archive gives the records that tar and a plain loop give', async () => {
      const records = unpacked.length / recordBytes;
      const hash = createHash('sha256').update(`ridgeline-part-1 ${records} 3 32 32 10 255\n`);
      for (let r = 0; r < records; r++)
        hash.update(unpacked.subarray(r * recordBytes, r * recordBytes + 1));
      for (let r = 0; r < records; r++)
        hash.update(unpacked.subarray(r * recordBytes + 1, (r + 1) * recordBytes));

      const spec = cifarSpec(shards('data_batch_1'), shards('data_batch_2'), shards('test_batch'));
      const opened = await openDataset(spec, { dataDir: dataDir ?? '' });
      const reference = opened.reference(1, 'test');
      expect(reference.shards.at(-1)?.digest).toBe(hash.digest('hex'));
      expect(opened.counts).toEqual({ train: 10_000, validation: 10_000, test: records });
      expect(opened.source).toBe(archive);
    });
  },
);

test('a file of CIFAR-100 is called one, with the line that saves it for numpy', () => {
  expect(() => binaryBatch('train.bin', 'train', 3_074 * 100, new PixelMemory())).toThrow(
    /records of 3074 bytes, with two labels each, as CIFAR-100 has.*\n.*np\.savez/,
  );
});

test('an archive that was unpacked to .tar is read', async () => {
  await using dir = await temporaryFolder();
  const folder = await cifarFolder(dir.path, { data_batch_1: cifarFile(2, 1) });
  const archive = join(dir.path, 'cifar.tar');
  execFileSync('tar', ['-cf', archive, '-C', dir.path, basename(folder)]);
  expect(await guessFormat(archive, 'file')).toBe('cifar10-binary');
  expect((await cifarBinary.file(archive, everything, new PixelMemory())).names).toEqual([
    'data_batch_1',
  ]);
});
