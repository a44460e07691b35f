/** Settings of a module trainer: their types, and what is derived from them. */
import { assert } from '../../base/assert.ts';
import { sha256 } from '../../base/digest.ts';
import { programFiles, type ProgramFile } from '../../study/program-files.ts';
import type { Params } from '../../study/search-space.ts';
import {
  moduleTrainer,
  trainerName,
  type TrainerSettings,
} from '../../study/trainer-description.ts';
import type { ModuleDeclaration } from './declaration.ts';

export interface ModuleSettings extends TrainerSettings {
  /** Path beside the study file; also one of `files`. */
  readonly module: string;
  /** A path alone: the file was not read yet. */
  readonly files: readonly (string | ProgramFile)[];
  /** Of all parameters. */
  readonly parameters: Params;
  readonly declares: ModuleDeclaration;
  readonly repeatable: 'exact' | false;
  readonly timeout: string;
  readonly silence: string;
  readonly heapMb: number;
}

/** The same settings with their types. The schema has validated them before. */
export function moduleSettings(settings: TrainerSettings): ModuleSettings {
  assert(isModule(settings), () => `settings of ${trainerName(settings)} are not of a module`);
  return settings;
}

export function isModule(settings: TrainerSettings): settings is ModuleSettings {
  return trainerName(settings) === moduleTrainer;
}

/** What a worker must allow: a digest of the module and of all its files (`study/program-needs.ts`). */
export function moduleNeeds(settings: ModuleSettings): string {
  const files = programFiles(settings)
    .map(({ name, sha256: digest }) => [name, digest])
    .toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1));
  return `files:sha256:${sha256(JSON.stringify({ module: settings.module, files }))}`;
}
