/** Images of 8×6 pixels as Pillow saved them, and PNG files made by hand. */
import { crc32, deflateSync } from 'node:zlib';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** With the SHA-256 of the pixels as Pillow reads them: `asarray(Image.open(f).convert('RGB')).tobytes()`. */
export const pillowImages = {
  'colour.jpg': {
    bytes:
      '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCAAGAAgDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAH/xAAZEAEAAgMAAAAAAAAAAAAAAAAAAwQGITL/xAAVAQEBAAAAAAAAAAAAAAAAAAABAv/EABwRAAEDBQAAAAAAAAAAAAAAAAMAAQUEExQhIv/aAAwDAQACEQMRAD8AlHHYNcgCSOS++1UXUmx26X//2Q==',
    pixels: 'f72ccac5a8e70a0ef57df8a308947b6aeb14d4853146636401d7db33e3e4d564',
  },
  'grey.jpg': {
    bytes:
      '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//wAALCAAGAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAf/EABkQAAEFAAAAAAAAAAAAAAAAAAADBAYhMv/aAAgBAQAAPwAYx1Csn//Z',
    pixels: 'a66149109a114579b1a4fb9d5d17831183988a803bf32e1ec0142cbd1323d10e',
  },
  'palette.png': {
    bytes:
      'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAGAgMAAACDazdoAAAADFBMVEWWoJseoOtpULlpFLkdUuklAAAAGklEQVR4nGP8z8BQ/5/p9kKmPw8YQhiYGBgARH8GMSY5XikAAAAASUVORK5CYII=',
    pixels: '44f98f8616ac4493f0fdf27021d7551cab02dfceed151340c1a9e7ee3d804bae',
  },
  'bits.png': {
    bytes:
      'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAGAQAAAADWfuJWAAAAFElEQVR4nGNgYNBiUmDiZljNdBkABZEB2jAfnfEAAAAASUVORK5CYII=',
    pixels: 'd59100592076b51cc8e2a6ed0003177bb272f13d5a0c40a3036b920b17760324',
  },
} as const;

export function pillowImage(name: keyof typeof pillowImages): Buffer {
  return Buffer.from(pillowImages[name].bytes, 'base64');
}

interface PngChanges {
  readonly depth?: number;
  readonly colourType?: number;
  /** The unpacked rows, each with its filter byte. */
  readonly rows?: Buffer;
  readonly extraChunks?: readonly Buffer[];
}

export function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A PNG of grey pixels with the value `grey`. */
export function greyPng(
  width: number,
  height: number,
  grey: number,
  changes: PngChanges = {},
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = changes.depth ?? 8;
  header[9] = changes.colourType ?? 0;
  const row = Buffer.concat([Buffer.of(0), Buffer.alloc(Math.min(width, 4096), grey)]);
  const rows =
    changes.rows ?? Buffer.concat(Array.from({ length: Math.min(height, 4096) }, () => row));
  return Buffer.concat([
    Buffer.from('\u0089PNG\r\n\u001a\n', 'latin1'),
    pngChunk('IHDR', header),
    ...(changes.extraChunks ?? []),
    pngChunk('IDAT', deflateSync(rows)),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Writes files by their paths below `folder`. */
export async function writeTree(
  folder: string,
  files: Readonly<Record<string, Uint8Array>>,
): Promise<void> {
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
}
