/**
 * Command table: commands with their options and arguments, as completion needs them. `commands.json` is
 * generated from the commands (`scripts/generate-command-table.ts`): loading them takes longer than a key press may.
 */
import { readFileSync } from 'node:fs';

/** What completes a value: words, or something that is looked up; null: nothing. */
export type Value =
  readonly string[] | 'file' | 'directory' | 'study' | 'trial' | 'worker' | 'command' | null;

export interface CommandEntry {
  readonly summary: string;
  /** By flag, such as `--format`. `value` is absent if the option takes none. */
  readonly options: Readonly<Record<string, { readonly text: string; readonly value?: Value }>>;
  readonly arguments: readonly Value[];
  /** Whether the last argument may be repeated. */
  readonly isVariadic: boolean;
  /** Commands of a group, such as `token`. */
  readonly commands: CommandTable;
}

export interface CommandTable {
  readonly [name: string]: CommandEntry;
}

export function readCommandTable(): CommandTable {
  const table: CommandTable = JSON.parse(
    readFileSync(new URL('commands.json', import.meta.url), 'utf8'),
  );
  return table;
}
