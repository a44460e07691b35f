/**
 * Attempt log: what the program of an attempt has printed, as lines that begin with `out` or `err` and a
 * space. Its end is stored, at most `attemptLogMax` characters.
 */
export interface LogLine {
  /** `out`: standard output, the lines of the contract. `err`: standard error. */
  readonly stream: 'out' | 'err';
  readonly text: string;
}

export const attemptLogMax = 64 * 1024;

export function attemptLogText(lines: readonly LogLine[]): string {
  return lines.map(({ stream, text }) => `${stream} ${text}\n`).join('');
}

/** Lines of another form are of no stream, and are left out. */
export function attemptLogLines(text: string): LogLine[] {
  return text.split('\n').flatMap((line) => {
    const { stream, rest = '' } = /^(?<stream>out|err) (?<rest>.*)$/s.exec(line)?.groups ?? {};
    return stream === 'out' || stream === 'err' ? [{ stream, text: rest }] : [];
  });
}
