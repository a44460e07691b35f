/**
 * Allowance: which programs the operator of a worker allows. A worker runs no program by default, and no
 * coordinator can change that: it is checked here before each run.
 */
import { meetsNeeds } from '../../study/program-needs.ts';

export interface Allowance {
  /** Paths of programs by name: `--allow-command NAME=PATH`. */
  readonly commands: ReadonlyMap<string, string>;
  /** Needs of command lines with files: `--allow-files`. */
  readonly files: ReadonlySet<string>;
  /** Whether every command line with files is allowed: `--allow-any-command`. */
  readonly any: boolean;
}

export const nothingAllowed: Allowance = { commands: new Map(), files: new Set(), any: false };

/** The needs that the worker meets, as it reports them. */
export function allowedNeeds({ commands, files, any }: Allowance): string[] {
  const names = [...commands.keys()].map((name) => `command:${name}`);
  return [...names, ...files, ...(any ? ['*'] : [])];
}

/** The command line to run, with the path of an allowed program; null if it is not allowed. */
export function allowedWords(
  allowance: Allowance,
  command: readonly string[] | { readonly name: string },
  needs: string,
): readonly string[] | null {
  if ('name' in command) {
    const path = allowance.commands.get(command.name);
    return path === undefined ? null : [path];
  }
  return meetsNeeds(new Set(allowedNeeds(allowance)), needs) ? command : null;
}
