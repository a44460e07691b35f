/** Trained networks in files: written whole or not at all, read with every doubt. */
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
import { refuseUnwritable, writeOutputFile } from '../results/output-file.ts';

interface ModelFormat {
  encode(file: ArrayFile): Uint8Array;
  decode(bytes: Uint8Array): ArrayFile;
}

const formats: Readonly<Record<string, ModelFormat>> = {
  '.npz': { encode: encodeNpz, decode: decodeNpz },
  '.safetensors': { encode: encodeSafetensors, decode: decodeSafetensors },
};
/** What Node reads at once. */
const fileBytesMax = 2 ** 31 - 1;

/** @throws RidgelineError USAGE, so that a wrong ending is told before hours of training */
function modelFormatOf(path: string): ModelFormat {
  const format = formats[extname(path).toLowerCase()];
  if (format !== undefined) return format;
  throw new RidgelineError(
    'USAGE',
    `${path} has the ending of no model file.`,
    `Give a path that ends with ${Object.keys(formats).join(' or ')}.`,
  );
}

/** Before hours of training. @throws RidgelineError USAGE, OUTPUT_UNWRITABLE */
export function checkModelPath(path: string): void {
  modelFormatOf(path);
  refuseUnwritable(path);
}

/** @throws RidgelineError OUTPUT_UNWRITABLE */
export function saveModel(path: string, classifier: Classifier): void {
  writeOutputFile(path, modelFormatOf(path).encode(classifierArrays(classifier)));
}

/** @throws RidgelineError USAGE, MODEL_INVALID */
export function loadModel(path: string): Classifier {
  const format = modelFormatOf(path);
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
    if (size > fileBytesMax)
      throw new Error(`it has ${size} bytes, at most ${fileBytesMax} are read`);
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
