/**
 * Log file: what a process prints on stderr, in a file as well. Each line has its time; a JSON line has its
 * own. Colours are left out.
 */
import { appendFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { RidgelineError, errorMessage } from '../../base/errors.ts';
import type { Clock } from '../../base/clock.ts';

/**
 * Copies everything that is written to `stderr` from now on into the file, which is appended to.
 *
 * @throws RidgelineError OUTPUT_UNWRITABLE if the file cannot be opened. Later failures are ignored: a full
 *   disk must not end a coordinator because of its log.
 */
export function copyToLogFile(stderr: NodeJS.WriteStream, file: string, clock: Clock): void {
  try {
    appendFileSync(file, '');
  } catch (error) {
    throw new RidgelineError(
      'OUTPUT_UNWRITABLE',
      `The log file ${file} cannot be opened: ${errorMessage(error)}.`,
      'Name a file in a directory that exists and that you may write to.',
    );
  }
  let rest = '';
  const write: (...args: never[]) => boolean = stderr.write.bind(stderr);
  const copy = (chunk: unknown): void => {
    const lines = `${rest}${stripVTControlCharacters(String(chunk))}`.split('\n');
    rest = lines.pop() ?? '';
    const time = new Date(clock.wallMs()).toISOString();
    const text = lines.map((line) => (line.startsWith('{') ? `${line}\n` : `${time} ${line}\n`));
    try {
      appendFileSync(file, text.join(''));
    } catch {
      // The terminal has the line.
    }
  };
  stderr.write = (...args: unknown[]): boolean => {
    copy(args[0]);
    return Reflect.apply(write, undefined, args);
  };
}
