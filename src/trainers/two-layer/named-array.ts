/** Named arrays: the content of a model file of either format, without its meaning. */

export interface NamedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | readonly string[];
}

export interface ArrayFile {
  readonly arrays: readonly NamedArray[];
  /** Texts by key. */
  readonly texts: Readonly<Record<string, string>>;
}

/** A file that does not follow its format. The message does not name the file. */
export class MalformedArrayFile extends Error {
  override readonly name = 'MalformedArrayFile';
}

export function malformedUnless(condition: boolean, problem: string): asserts condition {
  if (!condition) throw new MalformedArrayFile(problem);
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
