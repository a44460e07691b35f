/** Model files: trained networks as .npz or .safetensors, written whole or not at all, validated when read. */
import { readFileSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { RidgelineError, whyUnread } from '../../base/errors.ts';
import {
  classifierArrays,
  classifierFrom,
  type Classifier,
} from '../../trainers/two-layer/classifier.ts';
import { MalformedArrayFile, type ArrayFile } from '../../trainers/two-layer/named-array.ts';
import { decodeNpz, encodeNpz } from '../../trainers/two-layer/npz.ts';
import { decodeSafetensors, encodeSafetensors } from '../../trainers/two-layer/safetensors.ts';
import { checkEnding, checkWritable, writeOutputFile } from '../results/output-file.ts';

interface ModelFormat {
  encode(file: ArrayFile): Uint8Array;
  decode(bytes: Uint8Array): ArrayFile;
}

const formats = {
  '.npz': { encode: encodeNpz, decode: decodeNpz },
  '.safetensors': { encode: encodeSafetensors, decode: decodeSafetensors },
} satisfies Record<string, ModelFormat>;
/** Limit of Node's `readFile`. */
const fileBytesMax = 2 ** 31 - 1;

/** @throws RidgelineError USAGE */
function formatFrom(path: string): ModelFormat {
  checkEnding(path, 'model file', Object.keys(formats));
  return extname(path).toLowerCase() === '.npz' ? formats['.npz'] : formats['.safetensors'];
}

/** Call it before long work. @throws RidgelineError USAGE, OUTPUT_UNWRITABLE */
export function checkModelPath(path: string): void {
  formatFrom(path);
  checkWritable(path);
}

/** @throws RidgelineError OUTPUT_UNWRITABLE */
export function saveModel(path: string, classifier: Classifier): void {
  writeOutputFile(path, formatFrom(path).encode(classifierArrays(classifier)));
}

/** @throws RidgelineError USAGE, MODEL_INVALID */
export function loadModel(path: string): Classifier {
  const format = formatFrom(path);
  const invalid = (why: string, cause: unknown): RidgelineError =>
    new RidgelineError(
      'MODEL_INVALID',
      `The model ${path} cannot be used: ${why}.`,
      'Give a file that `ridgeline train --save` wrote.',
      { cause },
    );
  let bytes: Uint8Array;
  try {
    const { size } = statSync(path);
    if (size > fileBytesMax) throw new Error(`it has ${size} bytes, the limit is ${fileBytesMax}`);
    bytes = readFileSync(path);
  } catch (error) {
    throw invalid(whyUnread(error), error);
  }
  try {
    return classifierFrom(format.decode(bytes));
  } catch (error) {
    if (error instanceof MalformedArrayFile) throw invalid(error.message, error);
    throw error;
  }
}
