/** Directories: where state is stored if no option says otherwise. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** An empty variable counts as unset, as the XDG specification requires. */
export function defaultStateDirectory(env: NodeJS.ProcessEnv): string {
  return join(env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'ridgeline');
}
