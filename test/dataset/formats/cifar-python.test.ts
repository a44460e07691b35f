import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pickledBatch } from '../../../src/dataset/formats/cifar-python.ts';
import { openDataset } from '../../../src/dataset/open-dataset.ts';
import { shardDigest, type Shard } from '../../../src/dataset/shards/shard.ts';
import { PixelMemory } from '../../../src/dataset/bytes/pixel-memory.ts';
import { datasetKey } from '../../../src/study/spec/dataset-reference.ts';
import { RidgelineError } from '../../../src/base/errors.ts';
import { cifarFile, cifarFolder, cifarSpec, shards, temporaryFolder } from '../support/fixtures.ts';
import { hasNumpy, python2Batch, runPython, type BatchChanges } from '../support/pickles.ts';

/** Pushes the bytes in pieces. */
function read(bytes: Uint8Array, pieceBytes = 1000): Shard {
  const batch = pickledBatch('f', 'data_batch_1', bytes.length, new PixelMemory());
  for (let at = 0; at < bytes.length; at += pieceBytes)
    batch.write(bytes.subarray(at, at + pieceBytes));
  batch.end();
  return batch.value();
}

function refused(bytes: Uint8Array): string {
  try {
    read(bytes);
  } catch (error) {
    if (error instanceof RidgelineError && error.code === 'DATASET_INVALID') return error.what;
    throw error;
  }
  throw new Error('the pickle was not refused');
}

const spec = cifarSpec(shards('data_batch_1'), shards('data_batch_2'), shards('test_batch'));

describe('a pickled CIFAR-10 batch', () => {
  test.each([3, 40])('a batch of %d images as Python 2 wrote the release is read', (records) => {
    const binary = cifarFile(records, 5);
    const shard = read(python2Batch(binary));
    expect([...shard.labels]).toEqual(Array.from({ length: records }, (_, r) => r % 10));
    expect(shard.pixels.subarray(3072, 6144)).toEqual(binary.subarray(3073 + 1, 2 * 3073));
    for (const pieceBytes of [1, 7, 100_000])
      expect(shardDigest(read(python2Batch(binary), pieceBytes))).toBe(shardDigest(shard));
  });

  test('pickled folder and archive give the digests of the binary folder', async () => {
    await using dir = await temporaryFolder();
    const files = {
      data_batch_1: cifarFile(30, 1),
      data_batch_2: cifarFile(4, 2),
      test_batch: cifarFile(5, 3),
    };
    const pickled = join(dir.path, 'p', 'cifar-10-batches-py');
    await mkdir(pickled, { recursive: true });
    await writeFile(join(pickled, 'batches.meta'), 'not a pickle, and not a shard');
    await writeFile(join(pickled, 'readme.html'), '<p>');
    for (const [name, bytes] of Object.entries(files))
      await writeFile(join(pickled, name), python2Batch(bytes));
    await cifarFolder(join(dir.path, 'b'), files);
    await mkdir(join(dir.path, 'a'));
    const archive = join(dir.path, 'a', 'cifar-10-python.tar.gz');
    execFileSync('tar', ['czf', archive, '-C', join(dir.path, 'p'), 'cifar-10-batches-py']);
    const keys = await Promise.all(
      ['p', 'b', 'a'].map(async (dataDir) => {
        const opened = await openDataset(spec, { dataDir: join(dir.path, dataDir) });
        return [datasetKey(opened.reference(1, 'test')), opened.official];
      }),
    );
    expect(new Set(keys.map((key) => key.join())).size).toBe(1);
    const guessed = await openDataset({ ...spec, path: archive }, { dataDir: '' });
    expect(datasetKey(guessed.reference(1, 'test'))).toBe(keys[0]![0]);
  });

  test.skipIf(!hasNumpy)(
    'pickles of Python 3 and numpy in protocols 0 to 5 are read (skipped without python3-numpy)',
    async () => {
      await using dir = await temporaryFolder();
      const binary = cifarFile(40, 8);
      const raw = join(dir.path, 'raw');
      await writeFile(raw, binary);
      const digest = shardDigest(read(python2Batch(binary)));
      const hex = runPython(
        `raw = np.fromfile(sys.argv[1], dtype=np.uint8).reshape(-1, 3073)
for protocol in range(6):
    for labels in ([int(x) for x in raw[:, 0]], raw[:, 0].astype(np.int64), raw[:, 0].astype('>u2')):
        for key in ('s', 'b'):
            batch = {'data': np.ascontiguousarray(raw[:, 1:]), 'labels': labels, 'filenames': ['ä.png'] * len(raw)}
            if key == 'b': batch = {k.encode(): v for k, v in batch.items()}
            print(pickle.dumps(batch, protocol=protocol).hex())`,
        [raw],
      );
      const pickles = hex.trim().split('\n');
      expect(pickles).toHaveLength(36);
      for (const line of pickles) expect(shardDigest(read(Buffer.from(line, 'hex')))).toBe(digest);
    },
    30_000,
  );
});

test('CIFAR-100 in its Python layout is called so, as a folder and as an archive, with the line that saves it for numpy', async () => {
  await using dir = await temporaryFolder();
  const folder = join(dir.path, 'cifar-100-python');
  await mkdir(folder);
  const more = Buffer.from('U\x0bfine_labels](e', 'latin1');
  for (const name of ['train', 'test', 'meta'])
    await writeFile(join(folder, name), python2Batch(cifarFile(3, 1), { more }));
  const archive = join(dir.path, 'cifar-100-python.tar.gz');
  execFileSync('tar', ['czf', archive, '-C', dir.path, 'cifar-100-python']);
  const dataset = { train: { count: 1 }, validation: { count: 1 }, stratify: false };
  for (const path of [folder, archive]) {
    const opening = openDataset({ ...spec, ...dataset, test: undefined, path }, { dataDir: '' });
    await expect(opening).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      what: expect.stringMatching(/has "fine_labels", as CIFAR-100 has; only CIFAR-10 is read/),
      fix: expect.stringContaining('np.savez("cifar100.npz"'),
    });
  }
});

describe('pickledBatch refuses', () => {
  const binary = cifarFile(3, 1);
  const changed = (changes: BatchChanges): Buffer => python2Batch(binary, changes);
  const good = python2Batch(binary);
  const text = (value: string): Buffer => Buffer.from(value, 'latin1');
  const large = Buffer.concat([text('U\x01xT'), Buffer.of(0, 0, 1, 0), Buffer.alloc(65_536)]);

  test.each([
    ['that was cut off', good.subarray(0, -1), /is cut off after \d+ bytes/],
    [
      'that was padded',
      Buffer.concat([good, Buffer.of(0)]),
      /has extra bytes after its end, at byte \d+/,
    ],
    ['without bytes', Buffer.alloc(0), /is cut off after 0 bytes/],
    [
      'that calls another function',
      text('\x80\x02cos\nsystem\nU\x04true\x85R.'),
      /names "os.system", which is not allowed.*at byte 13/,
    ],
    [
      'that calls another function in protocol 4',
      text('\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R.'),
      /names "builtins.eval", which is not allowed/,
    ],
    [
      'that makes an array with another function',
      changed({ reconstruct: 'cnumpy\nload\nq\x03' }),
      /names "numpy.load"/,
    ],
    [
      'with an object of protocol 0',
      text('(ios\nsystem\n.'),
      /opcode 0x69, which no data set needs/,
    ],
    ['with a persistent object', text('Pid\n.'), /opcode 0x50/],
    ['with an object and its class', text('\x80\x02N)\x81.'), /opcode 0x81/],
    ['with an extension', text('\x80\x02\x82\x01.'), /opcode 0x82/],
    [
      'of an unknown protocol',
      text('\x80\x09N.'),
      /has protocol 9; protocols 0 to 5 are supported/,
    ],
    [
      'that is another file',
      Buffer.from('\x1f\x8b not a pickle', 'latin1'),
      /opcode 0x1f.*at byte 1/,
    ],
    ['of a list', text('].'), /does not contain a dictionary/],
    ['of an empty dictionary', text('}.'), /has no array named "data"/],
    [
      'with other numbers',
      changed({ dtype: 'f4', shape: [3, 768] }),
      /"data" of type f4; pixels are u1/,
    ],
    [
      'with another shape',
      changed({ shape: [3 * 3072] }),
      /"data" of shape 9216; images are N×3072/,
    ],
    [
      'with different shape and bytes',
      changed({ shape: [4, 3072] }),
      /4×3072 u1 with 9216 bytes instead of 12288/,
    ],
    [
      'with more axes than numpy has',
      changed({ shape: [3, 3072, ...Array.from({ length: 63 }, () => 1)] }),
      /an array of an impossible shape/,
    ],
    ['in column order', changed({ isColumnOrder: true }), /column order \(Fortran\)/],
    [
      'with a label out of range',
      changed({ labels: [1, 10, 2] }),
      /label 10 in record 1: labels are 0 to 9/,
    ],
    ['with a label below 0', changed({ labels: [1, 2, -1] }), /label -1 in record 2/],
    ['with too few labels', changed({ labels: [1, 2] }), /2 labels for 3 images/],
    [
      'with two large bodies',
      changed({ more: Buffer.concat([large, text('U\x01y'), large.subarray(3)]) }),
      /second body of more than/,
    ],
    [
      'that announces more bytes than follow',
      text('\x80\x02}(U\x04dataT\xff\xff\xff\x7f'),
      /announces 2147483647 bytes, but only 0 follow/,
    ],
    ['that takes a missing value', text('\x80\x02R.'), /takes a value that is missing; at byte 3/],
    ['that recalls a missing value', text('\x80\x02h\x07.'), /refers to value 7/],
    ['that ends with two values', text('\x80\x02NN.'), /ends with more than one value/],
    ['with text instead of a number', text('Ihello\n.'), /"hello" instead of a number/],
    ['with a number of 255 bytes', text('\x80\x02\x8a\xff'), /number of 255 bytes/],
    ['with a line of 5000 bytes', Buffer.alloc(5000, 'I'), /a line of 1024 bytes or more/],
    [
      'with damaged UTF-8',
      text(`\x80\x02X\x00\x90\x00\x00${'\xc3'.repeat(0x9000)}.`),
      /damaged UTF-8/,
    ],
    [
      'with text that is not bytes',
      text(`\x80\x02X\x00\x90\x00\x00${'\xe2\x82\xac'.repeat(0x3000)}.`),
      /characters above 255/,
    ],
    ['with an open quote', text("S'abc\n."), /a text that does not end/],
  ] as const)('a pickle %s', (_, bytes, says) => {
    expect(refused(bytes)).toMatch(says);
  });

  test('a pickle with more than 2,000,000 values', () => {
    // Each of these copies of a list counts when it is recalled and when it is appended.
    const copies = Buffer.alloc(2 * 1_100_000, 'h\x01', 'latin1');
    const many = Buffer.concat([text('\x80\x02]q\x01('), copies, text('e.')]);
    expect(refused(many)).toMatch(/more than 2000000 values/);
  });

  test('a pickle that copies a small text beyond 32 MiB', () => {
    const long = Buffer.concat([
      text('X\x00\x7d\x00\x00'),
      Buffer.alloc(32_000, 'a'),
      text('q\x01'),
    ]);
    const encode = text('c_codecs\nencode\nq\x00X\x06\x00\x00\x00latin1q\x02');
    // 1,100 · 32,000 bytes are more than the limit.
    const calls = Buffer.alloc(1_100 * 8, 'h\x00h\x01h\x02\x86R', 'latin1');
    const copies = Buffer.concat([text('\x80\x02'), long, encode, calls, text('.')]);
    expect(refused(copies)).toMatch(/more than 33554432 bytes of text/);
    const entries = Buffer.alloc(1_100 * 4, 'h\x01Ns', 'latin1');
    const keys = Buffer.concat([text('\x80\x02'), long, text('0}'), entries, text('.')]);
    expect(refused(keys)).toMatch(/more than 33554432 bytes of text/);
    const pixels = Buffer.concat([text('\x80\x02}T'), Buffer.of(0, 0, 1, 0), Buffer.alloc(65_536)]);
    expect(refused(Buffer.concat([pixels, text('Ns.')]))).toMatch(
      /a dictionary key that is not text/,
    );
  });

  test('a pickle that was cut off anywhere', () => {
    for (let bytes = 0; bytes < good.length; bytes += bytes < 700 || bytes > 9600 ? 1 : 97)
      expect(refused(good.subarray(0, bytes))).toMatch(/cut off|bytes, but only \d+ follow/);
  });

  test('a pickle larger than any batch, before it is read', () => {
    expect(() => pickledBatch('f', 'p', 2 ** 32, new PixelMemory())).toThrow(
      /the limit is 2560000000/,
    );
  });
});
