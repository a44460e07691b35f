/**
 * Program files: the files beside a study file that its trainer needs. Their digests are part of the study;
 * their contents travel to the coordinator when the study is submitted, and from there to the workers.
 */
import type { TrainerSettings } from './trainer-description.ts';

/** A file of the study, by its digest. */
export interface ProgramFile {
  /** Path beside the study file, and in the working folder. */
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** A file with its content, as the coordinator keeps it. */
export interface StoredFile extends Omit<ProgramFile, 'bytes'> {
  readonly content: Uint8Array;
}

/** Most bytes of all files of a study: they are submitted in one message. */
export const programBytesMax = 768 * 1024;

/** The files of a `trainer` section; a text is a path that was not read yet. */
export function givenFiles({ files }: TrainerSettings): readonly (string | ProgramFile)[] {
  return Array.isArray(files) ? files : [];
}

/** The files that were read; those of a valid study that was loaded from its file are all. */
export function programFiles(settings: TrainerSettings): ProgramFile[] {
  return givenFiles(settings).flatMap((file) => (typeof file === 'string' ? [] : [file]));
}
