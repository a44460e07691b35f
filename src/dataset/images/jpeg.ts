/**
 * JPEG decoder: pixels of a JPEG image as bytes, with the library `@jsquash/jpeg`: MozJPEG as WebAssembly,
 * which gives the pixels of Pillow, the same on every machine.
 *
 * Orientation tags and colour profiles are ignored, as Pillow and torchvision do.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { malformed } from '../bytes/malformed.ts';
import type { ImageHeader } from './image-header.ts';

/**
 * Returns the pixels in H,W,C order, with the channels of the header.
 *
 * @throws RidgelineError DATASET_INVALID
 */
export type DecodeJpeg = (file: string, bytes: Buffer, header: ImageHeader) => Promise<Uint8Array>;

/** The message of a file without its end. Other warnings, such as extra bytes, do not change pixels. */
const cutOff = /premature end/i;

/** Compiled once per process, since that takes longer than to decode a hundred images. */
let compiled: Promise<WebAssembly.Module> | null = null;

async function compile(): Promise<WebAssembly.Module> {
  const code = import.meta.resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm');
  return await WebAssembly.compile(new Uint8Array(await readFile(fileURLToPath(code))));
}

/** Loads the library, which most commands do not need. */
export async function openJpegDecoder(): Promise<DecodeJpeg> {
  const { init, default: decode } = await import('@jsquash/jpeg/decode.js');
  let said: string[] = [];
  compiled ??= compile();
  await init(await compiled, { printErr: (text) => void said.push(text) });
  return async (file, image, { width, height, channels }) => {
    said = [];
    const decoded = await decode(image).catch(() => null);
    const isWhole = decoded?.width === width && decoded.height === height;
    if (!isWhole || said.some((text) => cutOff.test(text)))
      throw malformed(file, `is a damaged JPEG image (${said[0] ?? 'it cannot be decoded'}).`);
    const pixels = new Uint8Array(width * height * channels);
    for (let pixel = 0; pixel < width * height; pixel++)
      for (let channel = 0; channel < channels; channel++)
        pixels[pixel * channels + channel] = decoded.data[pixel * 4 + channel]!;
    return pixels;
  };
}
