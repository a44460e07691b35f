/** Arrays with names and shapes: what model files of either format hold, before anybody asks what they mean. */

export interface NamedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | readonly string[];
}

/** What a file holds beside its arrays: texts by key. */
export interface ArrayFile {
  readonly arrays: readonly NamedArray[];
  readonly texts: Readonly<Record<string, string>>;
}

/** A file that is not what its format says; the reader of models adds its name. */
export class MalformedArrayFile extends Error {
  override readonly name = 'MalformedArrayFile';
}

export function malformedUnless(condition: boolean, problem: string): asserts condition {
  if (!condition) throw new MalformedArrayFile(problem);
}

export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
