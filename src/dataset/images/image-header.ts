/**
 * Image header: size and colours of a PNG or JPEG file, read before anything is decoded, so that a small
 * file cannot make its decoder allocate gigabytes. The content decides the format, not the file's name.
 */
import { malformed } from '../bytes/malformed.ts';

export interface ImageHeader {
  readonly kind: 'png' | 'jpeg';
  readonly width: number;
  readonly height: number;
  /** 1: grey; 3: red, green, blue. */
  readonly channels: 1 | 3;
}

export const pngSignature = Buffer.from('\u0089PNG\r\n\u001a\n', 'latin1');
/** Limit of one image, above the size of any useful input of a network. */
const pixelsMax = 4 * 1024 * 1024;

/** @throws RidgelineError DATASET_INVALID for another format, or for an impossible or too large image */
export function readImageHeader(file: string, bytes: Buffer): ImageHeader {
  const header = pngHeader(file, bytes) ?? jpegHeader(file, bytes);
  if (header === null)
    throw malformed(file, 'is neither a PNG nor a JPEG image.', 'Convert it to PNG, or remove it.');
  const { width, height } = header;
  if (width >= 1 && height >= 1 && width * height <= pixelsMax) return header;
  throw malformed(
    file,
    `has ${width}×${height} pixels; the limit is ${pixelsMax} pixels.`,
    'Scale the images down: each pixel is an input of the network.',
  );
}

/** Colour types of PNG: grey, colour, palette, grey with alpha, colour with alpha. */
const pngChannels: Readonly<Record<number, 1 | 3>> = { 0: 1, 2: 3, 3: 3, 4: 1, 6: 3 };

function pngHeader(file: string, bytes: Buffer): ImageHeader | null {
  if (!bytes.subarray(0, 8).equals(pngSignature)) return null;
  const channels = bytes.length < 33 ? undefined : pngChannels[bytes[25]!];
  if (channels === undefined || bytes.toString('latin1', 12, 16) !== 'IHDR')
    throw malformed(file, 'is a PNG image without a valid header.');
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  return { kind: 'png', width, height, channels };
}

const startOfImage = 0xffd8;
const startOfScan = 0xda;

/** Reads segments up to the frame header (SOF), which has the size. */
function jpegHeader(file: string, bytes: Buffer): ImageHeader | null {
  if (bytes.length < 2 || bytes.readUInt16BE(0) !== startOfImage) return null;
  for (let at = 2; at + 4 <= bytes.length;) {
    const marker = bytes[at + 1]!;
    if (bytes[at] !== 0xff || marker === startOfScan) break;
    // Any number of fill bytes may come before a marker.
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (isFrameHeader(marker)) return at + 10 <= bytes.length ? frameHeader(file, bytes, at) : null;
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  throw malformed(file, 'is a JPEG image without a valid header.');
}

/** SOF0 to SOF15, without the tables DHT, JPG and DAC. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

function frameHeader(file: string, bytes: Buffer, at: number): ImageHeader {
  const channels = bytes[at + 9];
  if (channels !== 1 && channels !== 3)
    throw malformed(
      file,
      `is a JPEG image with ${channels} colour channels (CMYK has 4); supported are grey and RGB.`,
      "Convert it with Pillow: `Image.open(file).convert('RGB').save(file)`.",
    );
  const [height, width] = [bytes.readUInt16BE(at + 5), bytes.readUInt16BE(at + 7)];
  return { kind: 'jpeg', width, height, channels };
}
