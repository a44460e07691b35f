/** Small data sets in the real formats, and temporary folders. */
import { mkdtempDisposable, mkdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Shard } from '../../../src/dataset/shards/shard.ts';
import { ShardDecoder } from '../../../src/dataset/shards/shard-decoder.ts';
import type { ShardCache } from '../../../src/dataset/shards/shard-cache.ts';
import { PixelMemory } from '../../../src/dataset/bytes/pixel-memory.ts';
import { RidgelineError } from '../../../src/base/errors.ts';
import type { DatasetSpec, Selection } from '../../../src/study/spec/study-spec.ts';

export const recordBytes = 3073;

export function temporaryFolder() {
  return mkdtempDisposable(join(tmpdir(), 'ridgeline-dataset-'));
}

/** Records with label r % 10, whose pixels differ by file, record and place. */
export function cifarFile(records: number, salt: number): Uint8Array {
  const bytes = new Uint8Array(records * recordBytes);
  for (let i = 0; i < bytes.length; i++) {
    const record = Math.floor(i / recordBytes);
    bytes[i] = i % recordBytes === 0 ? record % 10 : (i * 31 + record * 7 + salt) % 256;
  }
  return bytes;
}

/** A folder of CIFAR files as the official archive unpacks. */
export async function cifarFolder(
  dataDir: string,
  files: Readonly<Record<string, Uint8Array>>,
): Promise<string> {
  const folder = join(dataDir, 'cifar-10-batches-bin');
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of Object.entries(files)) {
    await writeFile(join(folder, `${name}.bin`), bytes);
  }
  return folder;
}

/** An IDX file of bytes. */
export function idx(dimensions: readonly number[], values: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * dimensions.length);
  header.writeUInt32BE(0x0800 + dimensions.length);
  dimensions.forEach((dimension, i) => header.writeUInt32BE(dimension, 4 + 4 * i));
  return Buffer.concat([header, values]);
}

export function smallShard(name: string, count: number, salt = 0): Shard {
  return {
    name,
    pixels: Uint8Array.from({ length: count * 12 }, (_, i) => (i * 5 + salt) % 17),
    labels: Uint8Array.from({ length: count }, (_, i) => (i + salt) % 3),
    channels: 3,
    height: 2,
    width: 2,
    classes: 3,
    pixelMax: 16,
    classNames: null,
  };
}

/** Decodes a shard from pieces of `pieceBytes`. */
export function decodeShard(name: string, bytes: Uint8Array, pieceBytes = 50): Shard {
  const decoder = new ShardDecoder(name, bytes.length, new PixelMemory());
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    decoder.write(bytes.subarray(at, at + pieceBytes));
  }
  decoder.end();
  return decoder.shard();
}

/** The cached bytes; null if there are none. */
export async function cached(cache: ShardCache, digest: string): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  const sink = {
    write: (chunk: Uint8Array) => void chunks.push(chunk.slice()),
    end: () => undefined,
  };
  return (await cache.read(digest, sink)) ? new Uint8Array(Buffer.concat(chunks)) : null;
}

export const shards = (...names: string[]): readonly string[] => names;
export const count = (records: number) => ({ count: records });
export const fraction = (share: number) => ({ fraction: share });

export function cifarSpec(train: Selection, validation: Selection, test?: Selection): DatasetSpec {
  return { name: 'cifar10', train, validation, test, stratify: false };
}

/** Returns the operating error that rejects the promise. */
export async function refusal(promise: Promise<unknown>): Promise<RidgelineError> {
  const error: unknown = await promise.then(
    () => new Error('the promise was fulfilled'),
    (reason: unknown) => reason,
  );
  if (error instanceof RidgelineError) return error;
  throw error;
}

/** The folder with real CIFAR-10 files; null if there is none. */
export function realDataDir(): string | null {
  const dir = resolve(process.env['RIDGELINE_TEST_DATA'] ?? '../shared/data');
  return existsSync(join(dir, 'cifar-10-binary.tar.gz')) ? dir : null;
}
