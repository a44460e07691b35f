/** Rule types: what the rules between the keys of a study file read and report. */
import type { IsGiven, SpecProblem } from './spec-problem.ts';
import type { StudyFile } from './study-schema.ts';

export type Partially<T> = T extends readonly (infer Item)[]
  ? readonly (Partially<Item> | undefined)[]
  : T extends object
    ? { readonly [Key in keyof T]?: Partially<T[Key]> | undefined }
    : T;

/** A file from which the values that the schema rejects were removed. */
export type PartialStudy = Partially<StudyFile>;
export type Path = SpecProblem['path'];

/** What every rule needs. */
export interface Rules {
  readonly isGiven: IsGiven;
  readonly report: (path: Path, message: string) => void;
}
