/** Home directory: its path, and paths that begin with `~`, which shells expand only in some places. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { RidgelineError } from './errors.ts';

/**
 * The user's home directory. Null if there is none: `HOME` is not set, and the user has no entry in the
 * password database, as in containers that run under any user id.
 */
export function homeDirectory(
  env: NodeJS.ProcessEnv = process.env,
  system: () => string = homedir,
): string | null {
  try {
    return env['HOME'] || system() || null;
  } catch {
    return null;
  }
}

/**
 * Replaces `~` at the start of a path, as in `--state=~/DIR` or in a file.
 *
 * @throws RidgelineError USAGE without a home directory
 */
export function expandHome(path: string, env?: NodeJS.ProcessEnv): string {
  if (!/^~(?=\/|$)/.test(path)) return path;
  const home = homeDirectory(env);
  if (home === null) throw noHome(`${path} begins with ~`);
  return join(home, path.slice(1));
}

/** @param why a sentence about what needs it */
export function noHome(why: string): RidgelineError {
  return new RidgelineError(
    'USAGE',
    `This user has no home directory (HOME is not set), but ${why}.`,
    'Give --state DIR, and for workers --cache DIR; or set HOME to a writable directory.',
  );
}
