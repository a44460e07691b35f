/**
 * Shard decoder: the inverse of `encodeShard`, except for class names. Canonical bytes arrive piece by
 * piece, and pixels go straight to the memory that training reads. The bytes are checked as untrusted.
 */
import { type ByteParser, ParserSink } from '../bytes/byte-parser.ts';
import type { FileSink } from '../bytes/file-stream.ts';
import { malformed } from '../bytes/malformed.ts';
import { pixelBytesMax, type PixelMemory } from '../bytes/pixel-memory.ts';
import { bytesPerImage, shardMagic, type Shard } from './shard.ts';

const headerBytesMax = 128;
/** Numbers have no leading zeros, so that a shard has only one encoding. */
const headerPattern = /^ridgeline-part-1(?: (?:0|[1-9]\d{0,9})){6}$/;

interface Header extends Omit<Shard, 'name' | 'pixels' | 'labels' | 'classNames'> {
  readonly count: number;
}

export class ShardDecoder implements FileSink {
  readonly #memory: PixelMemory;
  readonly #sink: ParserSink<Shard>;
  #pixels: Uint8Array | null = null;

  /** @param bytes length of the canonical bytes, from the reference or the file */
  constructor(name: string, bytes: number, memory: PixelMemory) {
    this.#memory = memory;
    this.#sink = new ParserSink(`Shard ${name}`, () => this.#parse(name, bytes));
  }

  write(chunk: Uint8Array): void {
    this.#sink.write(chunk);
  }

  end(): void {
    this.#sink.end();
  }

  /** The decoded shard; call it after `end`. */
  shard(): Shard {
    return this.#sink.value();
  }

  /** Frees the memory of the pixels if the bytes were wrong. */
  discard(): void {
    if (this.#pixels !== null) this.#memory.cut(this.#pixels, 0);
    this.#pixels = null;
  }

  *#parse(name: string, bytes: number): ByteParser<Shard> {
    const line = Buffer.from(yield { lineBytesMax: headerBytesMax }).toString('latin1');
    const { count, ...shape } = decodeHeader(`Shard ${name}`, line, bytes);
    const labels = new Uint8Array(count);
    yield labels;
    const pixels = this.#memory.take(count * bytesPerImage(shape));
    this.#pixels = pixels;
    yield pixels;
    const shard = { name, labels, pixels, ...shape, classNames: null };
    refuseInvalidValues(shard);
    return shard;
  }
}

function decodeHeader(file: string, line: string, bytes: number): Header {
  if (!headerPattern.test(line)) {
    throw malformed(file, `does not start with "${shardMagic}" and six numbers.`);
  }
  const numbers = line.split(' ').slice(1).map(Number);
  const [count = 0, channels = 0, height = 0, width = 0, classes = 0, pixelMax = 0] = numbers;
  const shape = { channels, height, width, classes, pixelMax };
  const imageBytes = bytesPerImage(shape);
  if (imageBytes < 1 || classes < 1 || classes > 256 || pixelMax < 1 || pixelMax > 255) {
    throw malformed(
      file,
      `has a header with impossible values: images of ${channels}×${height}×${width}, ${classes} classes, pixels up to ${pixelMax}.`,
    );
  }
  const expectedBytes = line.length + 1 + count * (1 + imageBytes);
  if (expectedBytes > pixelBytesMax || bytes !== expectedBytes) {
    throw malformed(
      file,
      `has ${bytes} bytes, but ${count} records of 1 + ${imageBytes} bytes make ${expectedBytes}.`,
    );
  }
  return { count, ...shape };
}

function refuseInvalidValues(shard: Shard): void {
  const { name, labels, pixels, classes, pixelMax } = shard;
  const record = labels.findIndex((label) => label >= classes);
  if (record !== -1) {
    const problem = `has label ${labels[record]} in record ${record}, but only ${classes} classes.`;
    throw malformed(`Shard ${name}`, problem);
  }
  if (pixelMax === 255) return;
  const index = pixels.findIndex((pixel) => pixel > pixelMax);
  if (index === -1) return;
  const place = `record ${Math.floor(index / bytesPerImage(shard))}`;
  throw malformed(
    `Shard ${name}`,
    `has pixel value ${pixels[index]} in ${place}, but its maximum is ${pixelMax}.`,
  );
}
