/** Formats: the formats of the user's own files, and how they are detected. */
import { basename } from 'node:path';
import type { DatasetFormat } from '../../study/spec/study-spec.ts';
import { filesIn, openToRead } from '../bytes/disk.ts';
import { malformed } from '../bytes/malformed.ts';
import { gzipMagic } from '../bytes/file-stream.ts';
import { tarEntries } from '../bytes/tar.ts';
import type { FormatReaders } from '../shards/shard-source.ts';
import { cifarBinary } from './cifar.ts';
import { cifarPython } from './cifar-python.ts';
import { imageFolder, isImageFolder } from './image-folder.ts';
import { findIdxFolder, idxFileName, idxReaders, similarIdxNames } from './idx.ts';
import { numpyReaders } from './numpy-files.ts';

export type KnownFormat = Exclude<DatasetFormat, 'auto'>;

export const formats: Readonly<Record<KnownFormat, FormatReaders>> = {
  'cifar10-binary': cifarBinary,
  'cifar10-python': cifarPython,
  idx: idxReaders,
  numpy: numpyReaders,
  images: imageFolder,
};

/** Names of files, in a folder or an archive, by which a format is recognized. */
const fileNames: readonly (readonly [RegExp, KnownFormat])[] = [
  [idxFileName, 'idx'],
  [/(?:^|\/)[A-Za-z0-9][\w-]*\.bin$/, 'cifar10-binary'],
  // The second is the layout of CIFAR-100, whose error says what to do.
  [/(?:^|\/)(?:data_batch_\d+|test_batch)(?:\.pkl|\.pickle)?$/, 'cifar10-python'],
  [/(?:^|\/)cifar-100-python\/(?:train|test)$/, 'cifar10-python'],
  [/\.np[yz]$/, 'numpy'],
];

/** @throws RidgelineError DATASET_INVALID for an unknown format */
export async function guessFormat(path: string, kind: 'file' | 'folder'): Promise<KnownFormat> {
  const format = kind === 'folder' ? formatByNames(await pathsIn(path)) : await formatByBytes(path);
  if (format !== null) return format;
  if (kind === 'folder') {
    if ((await findIdxFolder(path)) !== null) return 'idx';
    if (await isImageFolder(path)) return 'images';
  }
  throw malformed(
    path,
    kind === 'folder'
      ? `contains no files of a known format: no arrays, no IDX or CIFAR-10 files, and no folder for each class with PNG or JPEG images.${similarIdxNames(await filesIn(path))}`
      : 'has an unknown format: it is neither an archive of CIFAR-10 files nor a .npz file.',
    `Name the archive, or the folder that contains the files; or set dataset.format to one of ${Object.keys(formats).join(', ')}.`,
  );
}

/** The names of the files in a folder, after the name of the folder. */
async function pathsIn(folder: string): Promise<string[]> {
  return (await filesIn(folder)).map((name) => `${basename(folder)}/${name}`);
}

function formatByNames(names: readonly string[]): KnownFormat | null {
  return fileNames.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1] ?? null;
}

async function formatByBytes(path: string): Promise<KnownFormat | null> {
  const start = Buffer.alloc(262);
  {
    await using file = await openToRead(path);
    await file.read(start, 0, start.length);
  }
  if (start.toString('latin1', 0, 4) === 'PK\u0003\u0004') return 'numpy';
  const isTar = start.toString('latin1', 257) === 'ustar';
  if (start.readUInt16BE(0) !== gzipMagic && !isTar) return null;
  // Read up to the first member whose name shows the format.
  for await (const { name } of tarEntries(path)) {
    const format = formatByNames([name]);
    if (format !== null) return format;
  }
  return null;
}
