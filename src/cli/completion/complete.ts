/**
 * `ridgeline complete -- WORDS`: what the scripts of `ridgeline completion` call at each press of Tab.
 * It prints one candidate per line, with a tab before its description; `:file` and `:directory` ask the
 * shell to complete paths.
 *
 * It loads little, since a user waits for it, and it fails silently: an error would garble the command line.
 */
import { existsSync } from 'node:fs';
import { expandHome } from '../../base/home-directory.ts';
import { openStoredNames } from '../../store/sqlite/stored-names.ts';
import { localText } from '../process/ascii-output.ts';
import { defaultConfigFile, defaultStateDirectory } from '../process/directories.ts';
import { candidates, type Candidates, type Names } from './candidates.ts';
import { readCommandTable } from './command-table.ts';

/** @param words after `complete`; the first `--` is left out */
export async function complete(words: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  try {
    const line = words[0] === '--' ? words.slice(1) : words;
    const option = line.lastIndexOf('--state', line.length - 3);
    const given = option === -1 ? undefined : line[option + 1];
    const stateDir = given === undefined ? await configuredState(env) : expandHome(given, env);
    return format(candidates(line, readCommandTable(), storedNames(stateDir)), env);
  } catch {
    return '';
  }
}

async function configuredState(env: NodeJS.ProcessEnv): Promise<string> {
  const file = defaultConfigFile(env);
  if (file === null || !existsSync(file)) return defaultStateDirectory(env);
  const { loadUserConfig } = await import('../../config/user-config.ts');
  return loadUserConfig(file).state ?? defaultStateDirectory(env);
}

function format(found: Candidates, env: NodeJS.ProcessEnv): string {
  if (typeof found === 'string') return `:${found}\n`;
  return found
    .map(({ word, text }) => (text === '' ? `${word}\n` : `${word}\t${localText(text, env)}\n`))
    .join('');
}

/** Opens the store when the first name is needed. */
function storedNames(stateDir: string): Names {
  const read = (kind: 'studies' | 'workers' | 'trials', study = ''): string[] => {
    using names = openStoredNames(stateDir);
    return kind === 'trials' ? names.trials(study) : names[kind]();
  };
  return {
    studies: () => read('studies'),
    workers: () => read('workers'),
    trials: (study) => read('trials', study),
  };
}
