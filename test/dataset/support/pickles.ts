/** Pickles of CIFAR batches: as Python 2 wrote the release, and by the Python 3 of the machine. */
import { execFileSync } from 'node:child_process';
import { recordBytes } from './fixtures.ts';

/** Debian's Python, which has numpy if `python3-numpy` is installed. */
export const python = '/usr/bin/python3';

export const hasNumpy = ((): boolean => {
  try {
    execFileSync(python, ['-c', 'import numpy'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** Runs a Python program that has numpy as `np`. */
export function runPython(program: string, args: readonly string[] = []): string {
  const whole = `import sys, pickle, numpy as np\n${program}`;
  return execFileSync(python, ['-c', whole, ...args], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
}

const text = (value: string): Buffer => Buffer.from(value, 'latin1');
const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

/** SHORT_BINSTRING. */
const short = (value: string): Buffer =>
  Buffer.concat([text('U'), Buffer.of(value.length), text(value)]);

/** BININT1, BININT2 or BININT. */
function whole(value: number): Buffer {
  if (value >= 0 && value < 256) return Buffer.concat([text('K'), Buffer.of(value)]);
  return Buffer.concat([text('J'), uint32(value >>> 0)]);
}

export interface BatchChanges {
  readonly dtype?: string;
  readonly shape?: readonly number[];
  readonly isColumnOrder?: boolean;
  readonly labels?: readonly number[];
  readonly reconstruct?: string;
  /** Entries after the others. */
  readonly more?: Buffer;
}

/** A batch as cPickle of Python 2 writes it with protocol 2: text is bytes, and data is a BINSTRING. */
export function python2Batch(binary: Uint8Array, changes: BatchChanges = {}): Buffer {
  const records = binary.length / recordBytes;
  const rows = Array.from({ length: records }, (_, r) =>
    binary.subarray(r * recordBytes, (r + 1) * recordBytes),
  );
  const { dtype = 'u1', shape = [records, 3072], isColumnOrder = false } = changes;
  const labels = changes.labels ?? rows.map((row) => row[0]!);
  const pixels = Buffer.concat(rows.map((row) => row.subarray(1)));
  return Buffer.concat([
    text('\x80\x02}q\x01('),
    short('batch_label'),
    short('training batch 1 of 5'),
    short('labels'),
    text(']q\x02('),
    ...labels.map(whole),
    text('e'),
    short('data'),
    text(changes.reconstruct ?? 'cnumpy.core.multiarray\n_reconstruct\nq\x03'),
    text('cnumpy\nndarray\nq\x04K\x00\x85U\x01b\x87Rq\x05(K\x01('),
    ...shape.map(whole),
    text('tcnumpy\ndtype\nq\x06'),
    short(dtype),
    text('K\x00K\x01\x87Rq\x07(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb'),
    text(isColumnOrder ? '\x88' : '\x89'),
    text('T'),
    uint32(pixels.length),
    pixels,
    text('tb'),
    short('filenames'),
    text(']('),
    ...rows.map(() => short('leptodactylus_pentadactylus_s_000004.png')),
    text('e'),
    changes.more ?? text(''),
    text('u.'),
  ]);
}
