/** Directories: where state and the user's configuration are if no option says otherwise. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** An empty variable counts as unset, as the XDG specification requires. */
export function defaultStateDirectory(env: NodeJS.ProcessEnv): string {
  return join(env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'ridgeline');
}

/** The user's configuration file, which need not exist. */
export function defaultConfigFile(env: NodeJS.ProcessEnv): string {
  return join(env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'ridgeline', 'config.yaml');
}
