/** Logs text: what the programs of a trial's attempts have printed, for a terminal. */
import { attemptLogLines } from '../../study/attempt-log.ts';
import { trialName } from '../../study/trial.ts';
import type { LoggedAttempt, LogsSource } from '../results/attempt-logs.ts';
import { printable, type TextOptions } from '../text/text-options.ts';

export function formatLogs(source: LogsSource, options: TextOptions): string {
  const { study, trial, attempts, silence } = source;
  const name = trialName(trial);
  if (silence !== null) return `${printable(silence, options)}\n`;
  if (attempts.length === 0) return `${name} of ${study} has had no attempt yet.\n`;
  const blocks = attempts.map((attempt) => attemptLines(name, attempt, options).join('\n'));
  return `${blocks.join('\n\n')}\n`;
}

function attemptLines(
  name: string,
  { record, text }: LoggedAttempt,
  options: TextOptions,
): string[] {
  const { attempt, kind, worker, outcome, reason } = record;
  const step = typeof record.toStep === 'number' ? `to step ${record.toStep}` : null;
  const head = [name, `attempt ${attempt}`, kind, step, worker, outcome ?? 'running', reason];
  const shown = head.filter((part) => part !== null).map((part) => printable(part, options));
  return [options.color('bold', shown.join('  ')), ...outputLines(text, outcome !== null, options)];
}

function outputLines(text: string | null, hasEnded: boolean, options: TextOptions): string[] {
  if (text !== null)
    return attemptLogLines(text).map(
      ({ stream, text: line }) => `${stream}  ${printable(line.replaceAll('\t', '    '), options)}`,
    );
  return [hasEnded ? '(no output is stored)' : '(its output is stored when it ends)'];
}
