/** Settings of a command trainer: their types, and what is derived from them. */
import { assert } from '../../base/assert.ts';
import { sha256 } from '../../base/digest.ts';
import { programFiles, type ProgramFile } from '../../study/program-files.ts';
import type { Params, ParamValue } from '../../study/search-space.ts';
import type { TrainerSettings } from '../../study/trainer-description.ts';
import { commandTrainer, trainerName } from '../../study/trainer-description.ts';

export interface CommandSettings extends TrainerSettings {
  /** Program and arguments; or the name of a program that workers allow. */
  readonly command: readonly string[] | { readonly name: string };
  /** A path alone: the file was not read yet. */
  readonly files: readonly (string | ProgramFile)[];
  readonly parameters: Params;
  readonly rungs: readonly number[];
  readonly metrics: Readonly<Record<string, 'maximize' | 'minimize'>>;
  readonly records?: number;
  readonly resumes: boolean;
  readonly repeatable: 'exact' | false;
  readonly timeout: string;
  readonly silence: string;
  readonly memory?: string;
}

/** The same settings with their types. The schema has validated them before. */
export function commandSettings(settings: TrainerSettings): CommandSettings {
  assert(isCommand(settings), () => `settings of ${trainerName(settings)} are not of a command`);
  return settings;
}

export function isCommand(settings: TrainerSettings): settings is CommandSettings {
  return trainerName(settings) === commandTrainer;
}

/**
 * What a worker must allow: `command:NAME`, or `files:sha256:…`, a digest of the command line and of the
 * files. An operator who allows a digest allows nothing else.
 */
export function commandNeeds(settings: CommandSettings): string {
  const { command } = settings;
  if ('name' in command) return `command:${command.name}`;
  const files = programFiles(settings)
    .map(({ name, sha256: digest }) => [name, digest])
    .toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1));
  return `files:sha256:${sha256(JSON.stringify({ command, files }))}`;
}

/** `${parameters.x}` in a word of the command line. */
const placeholder = /\$\{parameters\.([^}]*)\}/g;

/** Names of the parameters in the command line. */
export function placeholders(words: readonly string[]): string[] {
  return words.flatMap((word) => [...word.matchAll(placeholder)].map(([, name = '']) => name));
}

/** The command line with the values of a trial. A value never becomes several words. */
export function fillWords(words: readonly string[], parameters: Params): string[] {
  return words.map((word) =>
    word.replaceAll(placeholder, (_, name: string) => valueText(parameters[name])),
  );
}

function valueText(value: ParamValue | undefined): string {
  return String(value ?? '');
}
