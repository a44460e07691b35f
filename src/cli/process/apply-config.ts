/**
 * Configuration of a command: values of the user's configuration file for options that the command line
 * does not give. Precedence: option, environment, file, default.
 */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { expandHome } from '../../base/home-directory.ts';
import type { UserConfig } from '../../config/user-config.ts';
import { defaultConfigFile } from './directories.ts';

type Key = keyof UserConfig;

/** Variables of the environment that decide instead of the file, by option. */
const variables: Readonly<Partial<Record<Key, readonly string[]>>> = {
  dataDir: ['RIDGELINE_DATA'],
  keys: ['RIDGELINE_KEYS'],
  color: ['NO_COLOR', 'FORCE_COLOR'],
};

/**
 * Path of the file: that of `--config`, or the user's, which need not exist.
 *
 * @returns null if there is no file
 */
export function configFile(given: string | undefined, env: NodeJS.ProcessEnv): string | null {
  if (given !== undefined) return expandHome(given, env);
  const file = defaultConfigFile(env);
  return file !== null && existsSync(file) ? file : null;
}

/** Sets the options of a command from the file. @throws RidgelineError CONFIG_INVALID */
export async function applyConfig(command: Command, env: NodeJS.ProcessEnv): Promise<void> {
  const given: unknown = command.getOptionValue('config');
  const file = configFile(typeof given === 'string' ? given : undefined, env);
  if (file === null) return;
  // Loaded here, since most users have no file.
  const { loadUserConfig } = await import('../../config/user-config.ts');
  const config = loadUserConfig(file);
  for (const option of command.options) {
    const key = option.attributeName();
    if (!isKey(key) || config[key] === undefined) continue;
    const isSet = command.getOptionValueSource(key) === 'cli';
    const isInEnvironment = (variables[key] ?? []).some((name) => (env[name] ?? '') !== '');
    if (!isSet && !isInEnvironment) command.setOptionValueWithSource(key, config[key], 'config');
  }
}

const keys: readonly string[] = ['dataDir', 'state', 'keys', 'threads', 'color'] satisfies Key[];

function isKey(name: string): name is Key {
  return keys.includes(name);
}
