/** The formats that files of the user's own may have, and how one is recognised where nobody says. */
import { datasetFormats, type DatasetFormat } from '../../study/spec/study-spec.ts';
import { readCifarArchive, readCifarFolder } from './cifar-binary.ts';
import { readCifarPythonArchive, readCifarPythonFolder } from './cifar-python.ts';
import { filesIn, openToRead } from '../bytes/disk.ts';
import { streamTarGz } from '../bytes/file-stream.ts';
import { readIdxFolder } from './idx.ts';
import { malformed } from '../bytes/malformed.ts';
import { readNpyFolder, readNpz } from './numpy-files.ts';
import type { ReadParts } from '../shards/shard-source.ts';

export type KnownFormat = Exclude<DatasetFormat, 'auto'>;

/** What a format is read from. */
export const formats: Readonly<
  Record<KnownFormat, { readonly file?: ReadParts; readonly folder: ReadParts }>
> = {
  'cifar10-binary': { file: readCifarArchive, folder: readCifarFolder },
  'cifar10-python': { file: readCifarPythonArchive, folder: readCifarPythonFolder },
  idx: { folder: (path, want, memory) => readIdxFolder(path, want, memory) },
  numpy: { file: readNpz, folder: readNpyFolder },
};

/** Names of files, in a folder or an archive, that tell the format. */
const signs: readonly (readonly [RegExp, KnownFormat])[] = [
  [/(?:^|\/)(?:train|t10k)-(?:images-idx3|labels-idx1)-ubyte(?:\.gz)?$/, 'idx'],
  [/(?:^|\/)[A-Za-z0-9][\w-]*\.bin$/, 'cifar10-binary'],
  [/(?:^|\/)(?:data_batch_\d+|test_batch)(?:\.pkl|\.pickle)?$/, 'cifar10-python'],
  [/\.npy$/, 'numpy'],
];

/** @throws RidgelineError DATASET_INVALID where nothing is recognised */
export async function guessFormat(path: string, kind: 'file' | 'folder'): Promise<KnownFormat> {
  const format = kind === 'folder' ? formatOfNames(await filesIn(path)) : await formatOfFile(path);
  if (format !== null) return format;
  const known = datasetFormats.filter((name) => name !== 'auto').join(', ');
  throw malformed(
    path,
    kind === 'folder'
      ? 'holds no files of a format that is known.'
      : 'is in no format that is known: no archive of CIFAR-10 files, no .npz.',
    `Name the archive, or the folder in which the files lie; or set dataset.format to one of ${known}.`,
  );
}

function formatOfNames(names: readonly string[]): KnownFormat | null {
  for (const [pattern, format] of signs) {
    if (names.some((name) => pattern.test(name))) return format;
  }
  return null;
}

async function formatOfFile(path: string): Promise<KnownFormat | null> {
  const start = Buffer.alloc(4);
  {
    await using file = await openToRead(path);
    await file.read(start, 0, 4);
  }
  if (start.toString('latin1') === 'PK\u0003\u0004') return 'numpy';
  return start.readUInt16BE(0) === 0x1f8b ? await formatOfArchive(path) : null;
}

/** The first member that tells ends the reading. */
async function formatOfArchive(path: string): Promise<KnownFormat | null> {
  const found = new FormatFound();
  try {
    await streamTarGz(path, (member) => {
      found.format = formatOfNames([member]);
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
