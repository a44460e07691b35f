/** Terminal: colour, width and characters of an output stream, and whether lines can be redrawn on it. */
import { styleText } from 'node:util';
import type { TextOptions } from '../../report/text/text-options.ts';
import type { CommonFlags, Context } from './context.ts';

type Paint = TextOptions['color'];

const plain: Paint = (_style, text) => text;
const painted: Paint = (style, text) => styleText(style, text, { validateStream: false });

/** How text is laid out on `stream`; the default is stdout. */
export function textOptions(
  context: Context,
  flags: CommonFlags,
  stream: NodeJS.WriteStream = context.stdout,
): TextOptions {
  return {
    width: stream.columns ?? columnsFrom(context.env),
    color: paintFor(context, flags, stream),
    unicode: /utf-?8/i.test(localeFrom(context.env)),
  };
}

/** How text is laid out in a file. */
export function fileTextOptions(context: Context): TextOptions {
  return { width: 80, color: plain, unicode: /utf-?8/i.test(localeFrom(context.env)) };
}

/** Whether progress is redrawn in place on stderr: a terminal that supports it, outside of CI. */
export function isLive({ stderr, env }: Context, flags: CommonFlags): boolean {
  return flags.quiet !== true && stderr.isTTY && (env['CI'] ?? '') === '' && env['TERM'] !== 'dumb';
}

/** By precedence: `--color`, NO_COLOR, FORCE_COLOR, the terminal. */
function paintFor({ env }: Context, { color }: CommonFlags, stream: NodeJS.WriteStream): Paint {
  if (color === 'always') return painted;
  if (color === 'never' || (env['NO_COLOR'] ?? '') !== '') return plain;
  const force = env['FORCE_COLOR'] ?? '';
  if (force !== '') return force === '0' ? plain : painted;
  return stream.isTTY && env['TERM'] !== 'dumb' ? painted : plain;
}

function columnsFrom(env: NodeJS.ProcessEnv): number {
  const columns = Number(env['COLUMNS']);
  return Number.isInteger(columns) && columns > 0 ? columns : 80;
}

function localeFrom(env: NodeJS.ProcessEnv): string {
  return env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
}
