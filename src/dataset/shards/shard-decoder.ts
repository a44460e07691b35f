/**
 * Shard decoder: the inverse of `encodeShard`, except for class names. Canonical bytes arrive piece by
 * piece, and pixels go straight to the memory that training reads. The bytes are checked as untrusted.
 */
import { type ByteParser, ParserSink } from '../bytes/byte-parser.ts';
import { malformed } from '../bytes/malformed.ts';
import { pixelBytesMax, type PixelMemory } from '../bytes/pixel-memory.ts';
import { bytesPerImage, refuseLabels, shardMagic, type Shard } from './shard.ts';

const headerBytesMax = 128;
/** Numbers have no leading zeros, so that a shard has only one encoding. */
const headerPattern = /^ridgeline-part-1(?: (?:0|[1-9]\d{0,9})){6}$/;

export class ShardDecoder extends ParserSink<Shard> {
  readonly #discard: () => void;

  /** @param bytes length of the canonical bytes, from the reference or the file */
  constructor(name: string, bytes: number, memory: PixelMemory) {
    let pixels: Uint8Array | null = null;
    super(`Shard ${name}`, function* (): ByteParser<Shard> {
      const line = Buffer.from(yield { lineBytesMax: headerBytesMax }).toString('latin1');
      const { count, ...shape } = decodeHeader(`Shard ${name}`, line, bytes);
      const labels = new Uint8Array(count);
      yield labels;
      refuseLabels(`Shard ${name}`, labels, shape.classes);
      pixels = memory.take(count * bytesPerImage(shape));
      yield pixels;
      const shard = { name, labels, pixels, ...shape, classNames: null };
      refuseInvalidPixels(shard);
      return shard;
    });
    this.#discard = () => {
      if (pixels !== null) memory.free(pixels);
      pixels = null;
    };
  }

  /** The decoded shard; call it after `end`. */
  shard(): Shard {
    return this.value();
  }

  /** Frees the memory of the pixels if the bytes were wrong. */
  discard(): void {
    this.#discard();
  }
}

function decodeHeader(file: string, line: string, bytes: number) {
  if (!headerPattern.test(line)) {
    throw malformed(file, `does not start with "${shardMagic}" and six numbers.`);
  }
  const numbers = line.split(' ').slice(1).map(Number);
  const [count = 0, channels = 0, height = 0, width = 0, classes = 0, pixelMax = 0] = numbers;
  const header = { count, channels, height, width, classes, pixelMax };
  const imageBytes = bytesPerImage(header);
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
  return header;
}

function refuseInvalidPixels({ name, pixels, pixelMax, ...shape }: Shard): void {
  const index = pixelMax === 255 ? -1 : pixels.findIndex((pixel) => pixel > pixelMax);
  if (index === -1) return;
  const value = `pixel value ${pixels[index]} in record ${Math.floor(index / bytesPerImage(shape))}`;
  throw malformed(`Shard ${name}`, `has ${value}, but its maximum is ${pixelMax}.`);
}
