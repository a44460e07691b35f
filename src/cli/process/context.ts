/**
 * Context: what a command receives from its process (streams, environment, log). Commands take it as an
 * argument; only `main.ts` and this folder read `process`.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { parseFailpoint, type Reached } from '../../base/failpoint.ts';

/** Options that all commands have. */
export interface CommonFlags {
  readonly state?: string;
  readonly dataDir?: string;
  readonly quiet?: boolean;
  readonly color?: 'auto' | 'always' | 'never';
  readonly debug?: boolean;
}

export interface Context {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
  readonly version: string;
  /** Arguments of the command line, for messages with a command that resumes the work. */
  readonly argv: readonly string[];
  /** Sets the exit code; 0 by default. */
  finish(code: number): void;
}

/** An empty variable counts as unset, as the XDG specification requires. */
export function stateDirectory(context: Context, flags: CommonFlags): string {
  return (
    flags.state ??
    join(context.env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'ridgeline')
  );
}

export function dataDirectory(context: Context, flags: CommonFlags): string {
  return flags.dataDir ?? (context.env['RIDGELINE_DATA'] || cacheDirectory(context));
}

/** Directory of files that can be downloaded or built again. */
export function cacheDirectory({ env }: Pick<Context, 'env'>): string {
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'ridgeline');
}

/** Ends the process at the failpoint as `kill -9` does: nothing is flushed or closed. */
export function failpointFrom(context: Context): Reached {
  return parseFailpoint(context.env['RIDGELINE_FAILPOINT'], () =>
    process.kill(process.pid, 'SIGKILL'),
  );
}

/** Writes a line to stderr, unless `--quiet` is given. */
export function say(context: Context, flags: CommonFlags, text: string): void {
  if (flags.quiet !== true) context.stderr.write(`${text}\n`);
}
