/**
 * User configuration: defaults of a person for all commands, from a YAML file: where data and state are,
 * threads, colour.
 *
 * Options of the command line and variables of the environment have precedence; the commands see to that.
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { RidgelineError, whyUnread } from '../base/errors.ts';
import { expandHome } from '../base/home-directory.ts';
import { whole } from '../study/spec/schema-types.ts';
import { knownKeys } from './known-keys.ts';
import { correctKeys } from './misspelt-keys.ts';
import { issueProblems, labelled } from './shape-problems.ts';
import { YamlSource } from './yaml-source.ts';

const schema = z.strictObject({
  data_dir: z.string().optional().describe('directory of data sets'),
  state: z.string().optional().describe('directory of stored studies'),
  keys: z.string().optional().describe('directory of tokens and keys'),
  threads: whole(1, 256, 'threads of each worker process').optional(),
  color: z.enum(['auto', 'always', 'never']).optional().describe('colour in terminals'),
});

/** By the name of the option that has the same meaning. Paths are absolute. */
export interface UserConfig {
  readonly dataDir?: string | undefined;
  readonly state?: string | undefined;
  readonly keys?: string | undefined;
  readonly threads?: number | undefined;
  readonly color?: 'auto' | 'always' | 'never' | undefined;
}

/** @throws RidgelineError CONFIG_INVALID with every problem and its line */
export function parseUserConfig(text: string, file: string): UserConfig {
  // An empty file, or one with comments only, sets nothing.
  if (/^(\s*(#.*)?(\n|$))*$/.test(text)) return {};
  try {
    const source = new YamlSource(text, file);
    const keyProblems = correctKeys(source, schema, knownKeys(schema));
    const value = source.value();
    const checked = schema.safeParse(value);
    const problems = (checked.error?.issues ?? [])
      .flatMap((issue) => issueProblems(issue, value))
      .map(({ path, message }) => ({
        offset: source.valueOffset(path),
        message: labelled(path, message),
      }));
    if (!checked.success || keyProblems.length > 0)
      throw source.invalid([...keyProblems, ...problems]);
    const { data_dir: dataDir, state, keys, threads, color } = checked.data;
    return {
      dataDir: pathFrom(dataDir, file),
      state: pathFrom(state, file),
      keys: pathFrom(keys, file),
      threads,
      color,
    };
  } catch (error) {
    if (!(error instanceof RidgelineError)) throw error;
    throw invalid(error.what, error);
  }
}

/** Paths are relative to the file; `~` is the home directory. */
function pathFrom(path: string | undefined, file: string): string | undefined {
  return path === undefined ? undefined : resolve(dirname(file), expandHome(path));
}

/** @throws RidgelineError CONFIG_INVALID */
export function loadUserConfig(file: string): UserConfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw invalid(`The configuration file ${file} cannot be read: ${whyUnread(error)}.`, error);
  }
  return parseUserConfig(text, file);
}

function invalid(what: string, cause: unknown): RidgelineError {
  return new RidgelineError(
    'CONFIG_INVALID',
    what,
    'Edit the file, or name another one with --config FILE. Keys: data_dir, state, keys, threads, color.',
    { cause },
  );
}
