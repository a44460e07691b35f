/**
 * The data sets that have a name: what they are, where they may lie, where they come from.
 * A new one is an entry here and, where its format is new, a reader beside it.
 */
import { closestWord } from '../base/did-you-mean.ts';
import { RidgelineError } from '../base/errors.ts';
import type { DatasetName } from '../study/spec/dataset-names.ts';
import { readCifarArchive, readCifarFolder } from './formats/cifar-binary.ts';
import { readCifarPythonArchive, readCifarPythonFolder } from './formats/cifar-python.ts';
import { digitNames, readDigits } from './formats/digits.ts';
import type { KnownFormat } from './formats/formats.ts';
import { readIdxFolder } from './formats/idx.ts';
import type { ReadParts } from './shards/shard-source.ts';

export interface NamedDataset {
  readonly name: DatasetName;
  readonly description: string;
  /** Every part of the release, in the order in which their records are numbered. */
  readonly parts: readonly string[];
  /** Parts that `count` selections never draw from: the release sets them aside for testing. */
  readonly heldBack: readonly string[];
  /** Where it may lie, relative to the data folder; the first that exists is read. */
  readonly places: readonly Place[];
  readonly download: Download | null;
}

export interface Place {
  /** Null: it comes with Ridgeline. */
  readonly path: string | null;
  readonly kind: 'embedded' | 'file' | 'folder';
  /** Null: Ridgeline's own. */
  readonly format: KnownFormat | null;
  /** Which files of a folder belong to the data set; a folder of somebody's may hold more. */
  readonly files?: RegExp;
  readonly read: ReadParts;
}

/** One file that holds the whole data set. */
export interface Download {
  readonly url: string;
  /** Under the data folder. */
  readonly fileName: string;
  readonly sha256: string;
}

const digits: NamedDataset = {
  name: 'digits',
  description: '1,797 handwritten digits of 8×8 pixels (UCI), embedded',
  parts: ['digits'],
  heldBack: [],
  places: [
    {
      path: null,
      kind: 'embedded',
      format: null,
      read: (_, want, memory) => readDigits(want, memory),
    },
  ],
  download: null,
};

/** Folders stand before archives: whoever unpacked one may have meant to change it. */
const cifar10: NamedDataset = {
  name: 'cifar10',
  description: '60,000 colour photographs of 32×32 pixels in 10 classes (Krizhevsky 2009)',
  parts: [
    'data_batch_1',
    'data_batch_2',
    'data_batch_3',
    'data_batch_4',
    'data_batch_5',
    'test_batch',
  ],
  heldBack: ['test_batch'],
  places: [
    {
      path: 'cifar-10-batches-bin',
      kind: 'folder',
      format: 'cifar10-binary',
      files: /^(?:(?:data_batch_\d|test_batch)\.bin|batches\.meta\.txt|readme\.html)$/,
      read: readCifarFolder,
    },
    {
      path: 'cifar-10-batches-py',
      kind: 'folder',
      format: 'cifar10-python',
      files: /^(?:(?:data_batch_\d|test_batch)(?:\.pkl|\.pickle)?|batches\.meta|readme\.html)$/,
      read: readCifarPythonFolder,
    },
    {
      path: 'cifar-10-binary.tar.gz',
      kind: 'file',
      format: 'cifar10-binary',
      read: readCifarArchive,
    },
    {
      path: 'cifar-10-python.tar.gz',
      kind: 'file',
      format: 'cifar10-python',
      read: readCifarPythonArchive,
    },
  ],
  download: {
    url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
    fileName: 'cifar-10-binary.tar.gz',
    sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
  },
};

/** @param folders Ridgeline's own folder, the one that torchvision leaves, and where Debian installs it */
function idxDataset(
  name: DatasetName,
  description: string,
  folders: readonly string[],
  classNames: readonly string[],
): NamedDataset {
  const read: ReadParts = (path, want, memory) => readIdxFolder(path, want, memory, classNames);
  return {
    name,
    description,
    parts: ['train', 'test'],
    heldBack: ['test'],
    places: folders.map((path) => ({
      path,
      kind: 'folder',
      format: 'idx',
      files: /^(?:train|t10k)-(?:images-idx3|labels-idx1)-ubyte(?:\.gz)?$/,
      read,
    })),
    download: null,
  };
}

export const namedDatasets: readonly NamedDataset[] = [
  digits,
  cifar10,
  idxDataset(
    'fashion-mnist',
    '70,000 articles of clothing of 28×28 grey pixels in 10 classes (Zalando), IDX files',
    ['fashion-mnist', 'FashionMNIST/raw', '/usr/share/datasets/fashion-mnist'],
    [
      'T-shirt/top',
      'Trouser',
      'Pullover',
      'Dress',
      'Coat',
      'Sandal',
      'Shirt',
      'Sneaker',
      'Bag',
      'Ankle boot',
    ],
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
  const entry = namedDatasets.find((candidate) => candidate.name === name);
  if (entry !== undefined) return entry;
  const names = namedDatasets.map((candidate) => candidate.name);
  const closest = closestWord(name, names);
  throw new RidgelineError(
    'DATASET_UNKNOWN',
    `There is no data set called ${JSON.stringify(name)}${closest === null ? '.' : `; did you mean ${closest}?`}`,
    `Use one of ${names.join(', ')}; or the path of files of your own that are there, which a study has under \`path\`, not \`name\`.`,
  );
}
