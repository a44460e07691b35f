/**
 * Context: what a command receives from its process: streams, environment, log and shared options.
 * Commands take it as an argument; only `main.ts`, `command-line.ts` and this folder read `process`.
 */
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { expandHome } from '../../base/home-directory.ts';
import { parseFailpoint, type Reached } from '../../base/failpoint.ts';
import type { KernelChoice } from '../../trainers/two-layer/kernel-choices.ts';
import { defaultCacheDirectory, defaultStateDirectory } from './directories.ts';

/** Options that several commands have; undefined if the command has no such option. */
export interface SharedFlags {
  readonly config?: string;
  readonly state?: string;
  readonly keys?: string;
  readonly dataDir?: string;
  readonly quiet?: boolean;
  readonly color?: 'auto' | 'always' | 'never';
  readonly debug?: boolean;
  readonly coordinator?: string;
  readonly format?: string;
  readonly kernel?: KernelChoice;
}

export interface Context {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
  readonly version: string;
  /** Arguments of the command line, for messages with a command that resumes the work. */
  readonly argv: readonly string[];
  /** Options of the command that runs. */
  readonly flags: SharedFlags;
  /** Sets the exit code; 0 by default. */
  finish(code: number): void;
}

/** @throws RidgelineError USAGE without --state and home directory; so do the functions below */
export function stateDirectory({ env, flags }: Context): string {
  return flags.state === undefined ? defaultStateDirectory(env) : expandHome(flags.state, env);
}

/** Directory of tokens, keys and join strings: private, also if that of the state cannot be. */
export function keysDirectory(context: Context): string {
  const { env, flags } = context;
  const given = flags.keys ?? env['RIDGELINE_KEYS'];
  return given ? expandHome(given, env) : stateDirectory(context);
}

export function dataDirectory(context: Context): string {
  const { env, flags } = context;
  const given = flags.dataDir ?? env['RIDGELINE_DATA'];
  return given ? expandHome(given, env) : cacheDirectory(context);
}

/** Directory of files that can be downloaded or built again. Without a home it is in that of the state. */
function cacheDirectory(context: Context): string {
  return defaultCacheDirectory(context.env) ?? join(stateDirectory(context), 'cache');
}

/** Directory of decoded data sets; the coordinator and the workers of a machine share it. */
export function shardCacheDirectory(context: Context, flags: { readonly cache?: string }): string {
  const { cache } = flags;
  return cache === undefined
    ? join(cacheDirectory(context), 'parts')
    : expandHome(cache, context.env);
}

/** Names this process for another one that needs the same state directory. @param detail such as `listening on …` */
export function ownerText({ argv }: Context, detail?: string): string {
  const where = [`pid ${process.pid} on ${hostname()}`, ...(detail === undefined ? [] : [detail])];
  return `ridgeline ${argv[0] ?? ''} (${where.join(', ')})`;
}

/** Ends the process at the failpoint as `kill -9` does: nothing is flushed or closed. */
export function failpointFrom({ env }: Context): Reached {
  return parseFailpoint(env['RIDGELINE_FAILPOINT'], () => process.kill(process.pid, 'SIGKILL'));
}

/** Writes a line to stderr, unless `--quiet` is given. */
export function say({ flags, stderr }: Context, text: string): void {
  if (flags.quiet !== true) stderr.write(`${text}\n`);
}
