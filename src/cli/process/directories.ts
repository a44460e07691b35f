/** Directories: where state, caches and the user's configuration are if no option says otherwise. */
import { join } from 'node:path';
import { homeDirectory, noHome } from '../../base/home-directory.ts';

/** An empty variable counts as unset, as the XDG specification requires. @throws RidgelineError USAGE */
export function defaultStateDirectory(env: NodeJS.ProcessEnv): string {
  const home = homeDirectory(env);
  const base = env['XDG_STATE_HOME'] || (home !== null && join(home, '.local', 'state'));
  if (base === false) throw noHome('the default state directory is in it');
  return join(base, 'ridgeline');
}

/** Directory of files that can be downloaded or built again; null without a home directory. */
export function defaultCacheDirectory(env: NodeJS.ProcessEnv): string | null {
  const home = homeDirectory(env);
  const base = env['XDG_CACHE_HOME'] || (home !== null && join(home, '.cache'));
  return base === false ? null : join(base, 'ridgeline');
}

/** The user's configuration file, which need not exist; null without a home directory. */
export function defaultConfigFile(env: NodeJS.ProcessEnv): string | null {
  const home = homeDirectory(env);
  const base = env['XDG_CONFIG_HOME'] || (home !== null && join(home, '.config'));
  return base === false ? null : join(base, 'ridgeline', 'config.yaml');
}
