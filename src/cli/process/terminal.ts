/** Terminal: colour, width and characters of an output stream, and whether lines can be redrawn on it. */
import { styleText } from 'node:util';
import type { TextOptions } from '../../report/text/text-options.ts';
import { isUnicode, localText } from './ascii-output.ts';
import type { Context } from './context.ts';

type Paint = TextOptions['color'];

const plain: Paint = (_style, text) => text;
const painted: Paint = (style, text) => styleText(style, text, { validateStream: false });

/** How text is laid out on `stream`. */
export function textOptions(context: Context, stream = context.stdout): TextOptions {
  const { unicode, width } = fileTextOptions(context);
  const columns = Number(context.env['COLUMNS']);
  const fallback = Number.isInteger(columns) && columns > 0 ? columns : width;
  return { width: stream.columns ?? fallback, color: paintFor(context, stream), unicode };
}

/** How text is laid out in a file. */
export function fileTextOptions({ env }: Context): TextOptions {
  return { width: 80, color: plain, unicode: isUnicode(env) };
}

/** Prints a result on stdout in the format that `--format` selects. */
export function printResult<Result>(
  context: Context,
  result: Result,
  toJson: (result: Result) => string,
  toTable: (result: Result, options: TextOptions) => string,
): void {
  const isJson = context.flags.format === 'json';
  if (isJson) context.stdout.write(toJson(result));
  else printText(context, toTable(result, textOptions(context)));
}

/** Prints text for people on stdout. */
export function printText({ stdout, env }: Context, text: string): void {
  stdout.write(localText(text, env));
}

/**
 * Whether a stream is a terminal that moves its cursor and has colours. One without a name has neither, except
 * on Windows, whose terminals have no names.
 */
export function isCapable(
  { isTTY }: Pick<NodeJS.WriteStream, 'isTTY'>,
  env: NodeJS.ProcessEnv,
): boolean {
  const name = env['TERM'] ?? '';
  return isTTY && name !== 'dumb' && (name !== '' || process.platform === 'win32');
}

/** Whether progress is redrawn in place on stderr: a terminal that supports it, outside of CI. */
export function isLive({ flags, stderr, env }: Context): boolean {
  return flags.quiet !== true && isCapable(stderr, env) && (env['CI'] ?? '') === '';
}

/** Shows one line on stderr, redrawn in place; null clears it. Does nothing outside of a terminal. */
export function showLine({ stderr, flags, env }: Context, text: string | null): void {
  if (flags.quiet !== true && isCapable(stderr, env))
    stderr.write(text === null ? '\r\u001B[K' : `\r${text}`);
}

/** By precedence: `--color`, NO_COLOR, FORCE_COLOR, the terminal. */
function paintFor({ env, flags: { color } }: Context, stream: NodeJS.WriteStream): Paint {
  if (color === 'always') return painted;
  if (color === 'never' || (env['NO_COLOR'] ?? '') !== '') return plain;
  const force = env['FORCE_COLOR'] ?? '';
  if (force !== '') return force === '0' ? plain : painted;
  return isCapable(stream, env) ? painted : plain;
}
