/**
 * ASCII output: text of a process whose locale has no UTF-8. Documents for programs, such as JSON and CSV on
 * stdout, are UTF-8 in every locale.
 */
import { asciiLines } from '../../report/text/escape-terminal.ts';

/** Whether the locale of the process shows more than ASCII. */
export function isUnicode(env: NodeJS.ProcessEnv): boolean {
  return /utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '');
}

/** The text for people in the locale of the process. */
export function localText(text: string, env: NodeJS.ProcessEnv): string {
  return isUnicode(env) ? text : asciiLines(text);
}

/** From now on, writes ASCII only if the locale has no UTF-8. JSON lines keep their values. */
export function useLocale(stderr: NodeJS.WriteStream, env: NodeJS.ProcessEnv): void {
  if (isUnicode(env)) return;
  const write: (...args: never[]) => boolean = stderr.write.bind(stderr);
  stderr.write = (chunk: unknown, ...rest: unknown[]): boolean =>
    Reflect.apply(write, undefined, [
      typeof chunk === 'string' ? asciiChunk(chunk) : chunk,
      ...rest,
    ]);
}

function asciiChunk(text: string): string {
  if (!text.startsWith('{')) return asciiLines(text);
  return text.replaceAll(
    /[^\0-\u007F]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
