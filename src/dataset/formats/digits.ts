/** The embedded data set: lines of 64 pixel values 0 to 16 and a class 0 to 9 (`digits/README.md`). */
import { fileURLToPath } from 'node:url';
import { sha256 } from '../../base/digest.ts';
import { unpackedChunks } from '../bytes/file-stream.ts';
import { malformed } from '../bytes/malformed.ts';
import type { PixelMemory } from '../bytes/pixel-memory.ts';
import type { FoundShards, WantShard } from '../shards/shard-source.ts';

const file = fileURLToPath(new URL('./digits/digits.csv.gz', import.meta.url));
const officialSha256 = '6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8';
const records = 1797;
const imageBytes = 64;

export const digitNames = '0123456789'.split('');

export async function readDigits(want: WantShard, memory: PixelMemory): Promise<FoundShards> {
  if (!want('digits')) return { names: ['digits'], shards: [], official: true };
  const chunks: Uint8Array[] = [];
  for await (const chunk of unpackedChunks(file, 'gzip')) chunks.push(chunk);
  const text = Buffer.concat(chunks);
  const lines = text.toString('latin1').trimEnd().split('\n');
  if (lines.length !== records) {
    throw malformed(file, `has ${lines.length} lines instead of ${records}.`);
  }
  const pixels = memory.take(records * imageBytes);
  const labels = new Uint8Array(records);
  lines.forEach((line, record) => {
    const values = line.split(',').map(Number);
    const isValid = values.length === imageBytes + 1 && values.every((v) => v >= 0 && v <= 16);
    if (!isValid) throw malformed(file, `has a damaged line ${record + 1}.`);
    pixels.set(values.slice(0, imageBytes), record * imageBytes);
    labels[record] = values[imageBytes]!;
  });
  const shape = { channels: 1, height: 8, width: 8, classes: 10, pixelMax: 16 };
  return {
    names: ['digits'],
    shards: [{ name: 'digits', pixels, labels, ...shape, classNames: digitNames }],
    official: sha256(text) === officialSha256,
  };
}
