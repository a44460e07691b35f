/**
 * Named data sets: their shards, the searched places, and the download addresses. To add a data set, add
 * an entry here and to `dataset-names.ts`, and a reader if its format is new.
 */
import { didYouMean } from '../base/did-you-mean.ts';
import { RidgelineError } from '../base/errors.ts';
import type { DatasetName } from '../study/spec/dataset-names.ts';
import { digitNames } from './formats/digits.ts';
import type { KnownFormat } from './formats/formats.ts';
import { idxFileName } from './formats/idx.ts';

export interface NamedDataset {
  readonly name: DatasetName;
  readonly description: string;
  /** All shards of the release, in the order in which records are numbered. */
  readonly shards: readonly string[];
  /** Shards that the release reserves for testing: `count` and `fraction` never draw from them. */
  readonly heldBack: readonly string[];
  /** Class names by index; null if the format of the files defines them. */
  readonly classNames: readonly string[] | null;
  /** Searched paths in order of preference; the first that exists is read. Empty: embedded in Ridgeline. */
  readonly places: readonly Place[];
  /** Null if it cannot be downloaded. */
  readonly download: Download | null;
}

export interface Place {
  /** Relative to the data folder. */
  readonly path: string;
  readonly kind: 'file' | 'folder';
  readonly format: KnownFormat;
  /** Files of a folder that belong to the data set; the user's folder may contain others. */
  readonly files?: RegExp;
}

/** One file with the whole data set. */
export interface Download {
  readonly url: string;
  /** Relative to the data folder. */
  readonly fileName: string;
  readonly sha256: string;
}

const digits: NamedDataset = {
  name: 'digits',
  description: '1,797 handwritten digits of 8×8 pixels (UCI), embedded',
  shards: ['digits'],
  heldBack: [],
  classNames: null,
  places: [],
  download: null,
};

const binaryArchive = 'cifar-10-binary.tar.gz';

/** Folders come before archives, since a user may have changed an unpacked folder on purpose. */
const cifar10: NamedDataset = {
  name: 'cifar10',
  description: '60,000 colour photographs of 32×32 pixels in 10 classes (Krizhevsky 2009)',
  shards: [...[1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}`), 'test_batch'],
  heldBack: ['test_batch'],
  classNames: null,
  places: [
    {
      path: 'cifar-10-batches-bin',
      kind: 'folder',
      format: 'cifar10-binary',
      files: /^(?:(?:data_batch_\d|test_batch)\.bin|batches\.meta\.txt|readme\.html)$/,
    },
    {
      path: 'cifar-10-batches-py',
      kind: 'folder',
      format: 'cifar10-python',
      files: /^(?:(?:data_batch_\d|test_batch)(?:\.pkl|\.pickle)?|batches\.meta|readme\.html)$/,
    },
    { path: binaryArchive, kind: 'file', format: 'cifar10-binary' },
    { path: 'cifar-10-python.tar.gz', kind: 'file', format: 'cifar10-python' },
  ],
  download: {
    url: `https://www.cs.toronto.edu/~kriz/${binaryArchive}`,
    fileName: binaryArchive,
    sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
  },
};

/** @param folders Ridgeline's own folder, that of torchvision, and that of the Debian package */
function idxDataset(
  name: DatasetName,
  description: string,
  folders: readonly string[],
  classNames: readonly string[],
): NamedDataset {
  return {
    name,
    description,
    shards: ['train', 'test'],
    heldBack: ['test'],
    classNames,
    places: folders.map((path) => ({
      path,
      kind: 'folder',
      format: 'idx',
      files: idxFileName,
    })),
    download: null,
  };
}

const articleNames =
  'T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot'.split(',');

export const namedDatasets: readonly NamedDataset[] = [
  digits,
  cifar10,
  idxDataset(
    'fashion-mnist',
    '70,000 articles of clothing of 28×28 grey pixels in 10 classes (Zalando), IDX files',
    ['fashion-mnist', 'FashionMNIST/raw', '/usr/share/datasets/fashion-mnist'],
    articleNames,
  ),
  idxDataset(
    'mnist',
    '70,000 handwritten digits of 28×28 grey pixels (LeCun), IDX files',
    ['mnist', 'MNIST/raw'],
    digitNames,
  ),
];

/** @throws RidgelineError DATASET_UNKNOWN */
export function namedDataset(name: string): NamedDataset {
  const entry = namedDatasets.find((each) => each.name === name);
  if (entry !== undefined) return entry;
  if (/[/\\]|\.[a-z0-9]+$/i.test(name))
    throw new RidgelineError(
      'DATASET_MISSING',
      `There is no file or folder ${name}.`,
      'Check the path, which is relative to the current folder, or use a name of `ridgeline data list`.',
    );
  const names = namedDatasets.map((each) => each.name);
  throw new RidgelineError(
    'DATASET_UNKNOWN',
    `There is no data set named ${JSON.stringify(name)}.${didYouMean(name, names)}`,
    `Use one of ${names.join(', ')}, or the path of existing files (\`path\` instead of \`name\` in a study file).`,
  );
}
