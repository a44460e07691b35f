/**
 * The inverse of `encodePart`, but for the class names: canonical bytes in, piece by piece, a part out.
 * Pixels go straight to where they will be trained on. Trusts nothing in the bytes but their number.
 */
import { type ByteParser, ParserSink } from '../bytes/byte-parser.ts';
import { malformed } from '../bytes/malformed.ts';
import { imageBytesOf, partMagic, type Part } from './shard.ts';
import { pixelBytesMax, type PixelMemory } from './pixel-memory.ts';
import type { FileSink } from '../bytes/tar.ts';

const headerBytesMax = 128;
const headerPattern =
  /^ridgeline-part-1 (?<count>\d{1,10}) (?<channels>\d{1,5}) (?<height>\d{1,5}) (?<width>\d{1,5}) (?<classes>\d{1,3}) (?<pixelMax>\d{1,3})$/;

interface Header extends Pick<Part, 'channels' | 'height' | 'width' | 'classes' | 'pixelMax'> {
  readonly count: number;
}

/** Takes a part's canonical bytes. */
export class PartDecoder implements FileSink {
  readonly #memory: PixelMemory;
  readonly #sink: ParserSink<Part>;
  #pixels: Uint8Array | null = null;

  /** @param bytes how many there are, as the reference or the file says */
  constructor(name: string, bytes: number, memory: PixelMemory) {
    this.#memory = memory;
    this.#sink = new ParserSink(`Part ${name}`, () => this.#parse(name, bytes));
  }

  write(chunk: Uint8Array): void {
    this.#sink.write(chunk);
  }

  end(): void {
    this.#sink.end();
  }

  /** After the last byte. */
  part(): Part {
    return this.#sink.value();
  }

  /** Gives the pixels' memory back: the bytes were not the right ones. */
  discard(): void {
    if (this.#pixels !== null) this.#memory.cut(this.#pixels, 0);
    this.#pixels = null;
  }

  *#parse(name: string, bytes: number): ByteParser<Part> {
    const line = Buffer.from(yield { lineBytesMax: headerBytesMax }).toString('latin1');
    const { count, ...shape } = decodeHeader(name, line, bytes);
    const labels = new Uint8Array(count);
    yield labels;
    refuseStrangeLabels(name, labels, shape.classes);
    const pixels = this.#memory.take(count * imageBytesOf(shape));
    this.#pixels = pixels;
    yield pixels;
    const part = { name, labels, pixels, ...shape, classNames: null };
    refuseBrightPixels(name, part);
    return part;
  }
}

function decodeHeader(name: string, line: string, bytes: number): Header {
  const file = `Part ${name}`;
  const fields = headerPattern.exec(line);
  if (fields?.groups === undefined) {
    throw malformed(
      file,
      `does not start with "${partMagic}" and six numbers, so it is not a part.`,
    );
  }
  const number = (field: string): number => Number(fields.groups?.[field]);
  const shape = {
    channels: number('channels'),
    height: number('height'),
    width: number('width'),
    classes: number('classes'),
    pixelMax: number('pixelMax'),
  };
  const count = number('count');
  if ([partMagic, count, ...Object.values(shape)].join(' ') !== line) {
    throw malformed(file, 'writes a number with leading zeros.');
  }
  const { channels, height, width, classes, pixelMax } = shape;
  const imageBytes = imageBytesOf(shape);
  if (imageBytes < 1 || classes < 1 || classes > 256 || pixelMax < 1 || pixelMax > 255) {
    throw malformed(
      file,
      `describes images of ${channels}×${height}×${width} in ${classes} classes with pixels up to ${pixelMax}, which cannot be.`,
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

function refuseStrangeLabels(name: string, labels: Uint8Array, classes: number): void {
  const record = labels.findIndex((label) => label >= classes);
  if (record === -1) return;
  throw malformed(
    `Part ${name}`,
    `says label ${labels[record]} of record ${record}, but has ${classes} classes.`,
  );
}

function refuseBrightPixels(name: string, part: Part): void {
  if (part.pixelMax === 255) return;
  const index = part.pixels.findIndex((pixel) => pixel > part.pixelMax);
  if (index === -1) return;
  throw malformed(
    `Part ${name}`,
    `has pixel value ${part.pixels[index]} in record ${Math.floor(index / imageBytesOf(part))}, but its largest value is ${part.pixelMax}.`,
  );
}
