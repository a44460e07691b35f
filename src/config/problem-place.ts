/**
 * Problem place: adds the line of the study file to errors of its splits, which are found only when the data
 * is read.
 */
import { existsSync, readFileSync } from 'node:fs';
import { RidgelineError } from '../base/errors.ts';
import { YamlSource, type Path } from './yaml-source.ts';

/** Runs `work`; a STUDY_INVALID error without a place gets that of the key that it names. */
export async function withPlace<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isPlaced = error instanceof RidgelineError && error.what.includes(`${file}:`);
    if (!(error instanceof RidgelineError) || error.code !== 'STUDY_INVALID' || isPlaced)
      throw error;
    if (!existsSync(file)) throw error;
    const { what, fix } = error;
    const place = new YamlSource(readFileSync(file, 'utf8'), file).place(namedKey(what));
    throw new RidgelineError(error.code, `${place}  ${what}`, fix, { cause: error });
  }
}

/** `dataset.test` in a message, otherwise the section of the data set. */
function namedKey(message: string): Path {
  const split = /\bdataset\.(train|validation|test)\b/.exec(message)?.[1];
  return split === undefined ? ['dataset'] : ['dataset', split];
}
