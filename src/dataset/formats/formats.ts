/** Formats of the user's own files, and their detection. */
import type { DatasetFormat } from '../../study/spec/study-spec.ts';
import { filesIn, openToRead } from '../bytes/disk.ts';
import { malformed } from '../bytes/malformed.ts';
import { streamTarGz } from '../bytes/tar.ts';
import type { ReadShards } from '../shards/shard-source.ts';
import { readCifarArchive, readCifarFolder } from './cifar-binary.ts';
import { readCifarPythonArchive, readCifarPythonFolder } from './cifar-python.ts';
import { readIdxFolder } from './idx.ts';
import { readNpyFolder, readNpz } from './numpy-files.ts';

export type KnownFormat = Exclude<DatasetFormat, 'auto'>;

/** Readers of each format, by what they read. */
export const formats: Readonly<
  Record<KnownFormat, { readonly file?: ReadShards; readonly folder: ReadShards }>
> = {
  'cifar10-binary': { file: readCifarArchive, folder: readCifarFolder },
  'cifar10-python': { file: readCifarPythonArchive, folder: readCifarPythonFolder },
  idx: { folder: (path, want, memory) => readIdxFolder(path, want, memory) },
  numpy: { file: readNpz, folder: readNpyFolder },
};

/** Names of files, in a folder or an archive, by which a format is recognized. */
const fileNames: readonly (readonly [RegExp, KnownFormat])[] = [
  [/(?:^|\/)(?:train|t10k)-(?:images-idx3|labels-idx1)-ubyte(?:\.gz)?$/, 'idx'],
  [/(?:^|\/)[A-Za-z0-9][\w-]*\.bin$/, 'cifar10-binary'],
  [/(?:^|\/)(?:data_batch_\d+|test_batch)(?:\.pkl|\.pickle)?$/, 'cifar10-python'],
  [/\.npy$/, 'numpy'],
];

/** @throws RidgelineError DATASET_INVALID for an unknown format */
export async function guessFormat(path: string, kind: 'file' | 'folder'): Promise<KnownFormat> {
  const format = kind === 'folder' ? formatByNames(await filesIn(path)) : await formatByBytes(path);
  if (format !== null) return format;
  throw malformed(
    path,
    kind === 'folder'
      ? 'contains no files of a known format.'
      : 'has an unknown format: it is neither an archive of CIFAR-10 files nor a .npz file.',
    `Name the archive, or the folder that contains the files; or set dataset.format to one of ${Object.keys(formats).join(', ')}.`,
  );
}

function formatByNames(names: readonly string[]): KnownFormat | null {
  return fileNames.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1] ?? null;
}

async function formatByBytes(path: string): Promise<KnownFormat | null> {
  const start = Buffer.alloc(4);
  {
    await using file = await openToRead(path);
    await file.read(start, 0, 4);
  }
  if (start.toString('latin1') === 'PK\u0003\u0004') return 'numpy';
  return start.readUInt16BE(0) === 0x1f8b ? await formatByMembers(path) : null;
}

/** Reads an archive up to the first member whose name shows the format. */
async function formatByMembers(path: string): Promise<KnownFormat | null> {
  const found = new FormatFound();
  try {
    await streamTarGz(path, (member) => {
      found.format = formatByNames([member]);
      if (found.format !== null) throw found;
      return null;
    });
  } catch (error) {
    if (error !== found) throw error;
  }
  return found.format;
}

class FormatFound extends Error {
  format: KnownFormat | null = null;
}
