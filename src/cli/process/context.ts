/**
 * What a command is given of the process it runs in: streams, environment, common flags. Commands
 * take it as an argument, so that nothing below `main.ts` reads `process`.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';
import type { Logger } from 'pino';
import { RidgelineError } from '../../base/errors.ts';
import { failpointOf, type Reached } from '../../base/failpoint.ts';

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
  /** The command line, for commands that tell how to go on. */
  readonly argv: readonly string[];
}

/** An empty variable counts as unset, as the XDG specification has it. */
export function stateDirOf(context: Context, flags: CommonFlags): string {
  return (
    flags.state ??
    join(context.env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'ridgeline')
  );
}

export function dataDirOf(context: Context, flags: CommonFlags): string {
  return flags.dataDir ?? (context.env['RIDGELINE_DATA'] || cacheDirOf(context));
}

/** Where this user's copies of what can be had again lie. */
export function cacheDirOf({ env }: Pick<Context, 'env'>): string {
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'ridgeline');
}

/** As `kill -9` does it: nothing is flushed, closed or said. */
export function failpointFrom(context: Context): Reached {
  return failpointOf(context.env['RIDGELINE_FAILPOINT'], () =>
    process.kill(process.pid, 'SIGKILL'),
  );
}

type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan';
export type Paint = (style: Style, text: string) => string;

/** The one place that decides about colour: flag, then NO_COLOR, then FORCE_COLOR, then the terminal. */
export function paintFor(context: Context, flags: CommonFlags, stream: NodeJS.WriteStream): Paint {
  const plain: Paint = (_style, text) => text;
  const painted: Paint = (style, text) => styleText(style, text, { validateStream: false });
  if (flags.color === 'always') return painted;
  if (flags.color === 'never') return plain;
  if ((context.env['NO_COLOR'] ?? '') !== '') return plain;
  if ((context.env['FORCE_COLOR'] ?? '') !== '')
    return context.env['FORCE_COLOR'] === '0' ? plain : painted;
  return stream.isTTY && context.env['TERM'] !== 'dumb' ? painted : plain;
}

/** Columns of a terminal: the stream's own, else COLUMNS, else 80. */
export function widthOf(context: Context, stream: NodeJS.WriteStream): number {
  const fromEnv = Number(context.env['COLUMNS']);
  return stream.columns ?? (Number.isInteger(fromEnv) && fromEnv > 0 ? fromEnv : 80);
}

/** Whether the locale can show more than ASCII. */
export function isUnicode(context: Context): boolean {
  const locale = context.env['LC_ALL'] || context.env['LC_CTYPE'] || context.env['LANG'] || '';
  return /utf-?8/i.test(locale);
}

/** A whole number from an option, within bounds. */
export function wholeNumber(name: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= min && value <= max && text.trim() !== '') return value;
    throw new RidgelineError(
      'USAGE',
      `${name} must be a whole number from ${min} to ${max}, got ${JSON.stringify(text)}.`,
      `Give for example ${name} ${Math.max(min, 2)}.`,
    );
  };
}
