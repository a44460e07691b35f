/**
 * PNG decoder: pixels of a PNG image as bytes, with the library `fast-png`.
 *
 * The library inflates without a limit and ignores checksums of chunks by default, so this module
 * verifies the chunks, passes on only those with pixels, and bounds what they unpack to. Gamma and colour
 * profiles are ignored, as Pillow and torchvision do.
 */
import { crc32, inflateSync } from 'node:zlib';
import { convertIndexedToRgb, decode, type DecodedPng } from 'fast-png';
import { errorMessage } from '../../base/errors.ts';
import { malformed } from '../bytes/malformed.ts';
import { pngSignature, type ImageHeader } from './image-header.ts';

const pixelChunks = ['IHDR', 'PLTE', 'IDAT', 'IEND'];
/** Packed pixels up to this size cannot unpack to more than 64 MiB. */
const harmlessBytes = (64 * 1024 * 1024) / 1032;

/**
 * Returns the pixels in H,W,C order, with the channels of the header.
 *
 * @throws RidgelineError DATASET_INVALID
 */
export function decodePng(file: string, bytes: Buffer, header: ImageHeader): Uint8Array {
  const chunks = readChunks(file, bytes);
  refuseBomb(file, chunks, header);
  let png: DecodedPng;
  try {
    const isPixels = ({ type }: Chunk): boolean => pixelChunks.includes(type);
    const whole = chunks.filter(isPixels).map(({ all }) => all);
    png = decode(Buffer.concat([pngSignature, ...whole]));
  } catch (error) {
    throw malformed(file, `is a damaged PNG image (${errorMessage(error)}).`);
  }
  if (png.depth === 16) {
    throw malformed(
      file,
      'has 16 bits per channel; pixels are bytes.',
      'Save it with 8 bits per channel, divided by 256.',
    );
  }
  const hasAlpha = png.channels === 2 || png.channels === 4;
  if ((hasAlpha && !isOpaque(png)) || chunks.some(({ type }) => type === 'tRNS')) {
    throw malformed(
      file,
      'has transparent pixels, which have no colour of their own.',
      "Save it without transparency, with Pillow: `Image.open(file).convert('RGB').save(file)`.",
    );
  }
  return toBytes(file, png, header);
}

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
  /** With length and checksum. */
  readonly all: Buffer;
}

function readChunks(file: string, bytes: Buffer): readonly Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = pngSignature.length; chunks.at(-1)?.type !== 'IEND';) {
    if (at + 12 > bytes.length) throw malformed(file, `is cut off after ${bytes.length} bytes.`);
    const end = at + 12 + bytes.readUInt32BE(at);
    if (end > bytes.length) throw malformed(file, `is cut off after ${bytes.length} bytes.`);
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (crc32(bytes.subarray(at + 4, end - 4)) !== bytes.readUInt32BE(end - 4))
      throw malformed(file, `is damaged at byte ${at}: the checksum of ${type} is wrong.`);
    chunks.push({ type, data: bytes.subarray(at + 8, end - 4), all: bytes.subarray(at, end) });
    at = end;
  }
  return chunks;
}

function refuseBomb(file: string, chunks: readonly Chunk[], { width, height }: ImageHeader): void {
  const packed = chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data);
  if (packed.reduce((sum, { length }) => sum + length, 0) <= harmlessBytes) return;
  // At most 8 bytes per pixel, and a filter byte for each row of each of seven passes.
  const maxOutputLength = width * height * 8 + 7 * (height + 1);
  try {
    inflateSync(Buffer.concat(packed), { maxOutputLength });
  } catch (error) {
    throw malformed(file, `is a damaged PNG image (${errorMessage(error)}).`);
  }
}

function isOpaque({ data, channels, width, height }: DecodedPng): boolean {
  for (let pixel = 0; pixel < width * height; pixel++)
    if (data[(pixel + 1) * channels - 1] !== 255) return false;
  return true;
}

function toBytes(file: string, png: DecodedPng, { channels }: ImageHeader): Uint8Array {
  const pixels = png.width * png.height;
  const isPacked = png.palette !== undefined || png.depth < 8;
  const from = isPacked ? unpacked(file, png) : png.data;
  const stride = isPacked ? 3 : png.channels;
  if (from.length < pixels * stride)
    throw malformed(file, 'has fewer pixels than its header states.');
  const result = new Uint8Array(pixels * channels);
  for (let pixel = 0; pixel < pixels; pixel++)
    for (let channel = 0; channel < channels; channel++)
      result[pixel * channels + channel] = from[pixel * stride + channel]!;
  return result;
}

/** Colours of a palette; shades of less than 8 bits are scaled to 0 to 255. */
function unpacked(file: string, png: DecodedPng): Uint8Array {
  const shades = 2 ** png.depth;
  const greys = Array.from({ length: shades }, (_, shade) => {
    const grey = (shade * 255) / (shades - 1);
    return [grey, grey, grey] as [number, number, number];
  });
  try {
    return convertIndexedToRgb({ ...png, palette: png.palette ?? greys });
  } catch (error) {
    throw malformed(file, `is a damaged PNG image (${errorMessage(error)}).`);
  }
}
