/** Candidates: the words that can follow in a command line. Pure; names are looked up through `Names`. */
import type { CommandEntry, CommandTable, Value } from './command-table.ts';

/** Names in the store. */
export interface Names {
  studies(): readonly string[];
  trials(study: string): readonly string[];
  workers(): readonly string[];
}

interface Candidate {
  readonly word: string;
  /** Empty if there is nothing to say about it. */
  readonly text: string;
}

/** Words, or files that the shell itself completes. */
export type Candidates = readonly Candidate[] | 'file' | 'directory';

const programOptions = { '--help': 'display help', '--version': 'version of Ridgeline and Node' };

/** @param words of the command line after `ridgeline`; the last one is completed and may be empty */
export function candidates(
  words: readonly string[],
  commands: CommandTable,
  names: Names,
): Candidates {
  // Some shells pass `--format=json` as three words.
  const separated = words.flatMap((word) =>
    word.startsWith('--') && word.includes('=') ? splitOnce(word) : [word],
  );
  const line = separated.filter((word, index) => word !== '=' || index === separated.length - 1);
  const current = line.at(-1) === '=' ? '' : (line.at(-1) ?? '');
  const found = candidatesAfter(line.slice(0, -1), current, commands, names);
  return typeof found === 'string' ? found : found.filter(({ word }) => word.startsWith(current));
}

function splitOnce(word: string): [string, string] {
  const at = word.indexOf('=');
  return [word.slice(0, at), word.slice(at + 1)];
}

function candidatesAfter(
  before: readonly string[],
  current: string,
  commands: CommandTable,
  names: Names,
): Candidates {
  let table = commands;
  let entry: CommandEntry | null = null;
  const given: string[] = [];
  const used = new Set<string>();
  for (let index = 0; index < before.length; index++) {
    const word = before[index] ?? '';
    if (entry !== null && word.startsWith('-')) {
      used.add(word);
      const option: CommandEntry['options'][string] | undefined = entry.options[word];
      if (option?.value === undefined) continue;
      if (index === before.length - 1) return valueCandidates(option.value, given, commands, names);
      index += 1;
    } else if (Object.hasOwn(table, word) && given.length === 0) {
      entry = table[word] ?? null;
      table = entry?.commands ?? {};
    } else given.push(word);
  }
  if (current.startsWith('-')) return optionCandidates(entry, used);
  if (Object.keys(table).length > 0 && given.length === 0) return commandCandidates(table);
  if (entry === null) return [];
  const last = entry.isVariadic ? entry.arguments.length - 1 : Infinity;
  const value = entry.arguments[Math.min(given.length, last)];
  if (value === undefined) return optionCandidates(entry, used);
  const found = valueCandidates(value, given, commands, names);
  const isAgain = (word: string): boolean => entry.isVariadic && given.includes(word);
  return typeof found === 'string' ? found : found.filter(({ word }) => !isAgain(word));
}

function commandCandidates(table: CommandTable): Candidate[] {
  return Object.entries(table).map(([word, { summary }]) => ({ word, text: summary }));
}

function optionCandidates(entry: CommandEntry | null, used: ReadonlySet<string>): Candidate[] {
  if (entry === null) return Object.entries(programOptions).map(([word, text]) => ({ word, text }));
  return Object.entries(entry.options)
    .filter(([word]) => word.startsWith('--') && !used.has(word))
    .map(([word, { text }]) => ({ word, text }));
}

function valueCandidates(
  value: Value,
  given: readonly string[],
  commands: CommandTable,
  names: Names,
): Candidates {
  if (value === 'file' || value === 'directory') return value;
  if (value === null) return [];
  if (value === 'command') return commandCandidates(commands);
  if (value === 'study') return plain(names.studies());
  if (value === 'worker') return plain(names.workers());
  if (value === 'trial') return plain(names.trials(given[0] ?? ''));
  return plain(value);
}

function plain(words: readonly string[]): Candidate[] {
  return words.map((word) => ({ word, text: '' }));
}
