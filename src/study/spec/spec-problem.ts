/** Spec problem: one broken rule of a study. `config` adds the line of the file. */
export interface SpecProblem {
  /** Keys of the study file, from the top. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Whether the file has a value at a path, valid or not. */
export type IsGiven = (path: SpecProblem['path']) => boolean;
