/** Logs as JSON: the attempts of one trial, with what their programs have printed. */
import { z } from 'zod';
import { attemptLogLines } from '../../study/attempt-log.ts';
import { trialName } from '../../study/trial.ts';
import { isoTime } from '../text/number-format.ts';
import type { LogsSource } from '../results/attempt-logs.ts';
import { documentText } from '../text/json-value.ts';
import { count, versionField } from './output-schemas.ts';

const line = z
  .object({
    stream: z.enum(['out', 'err']).describe('out: standard output; err: standard error'),
    text: z.string().describe('the line'),
  })
  .meta({ id: 'log_line', description: 'a line that the program has printed' });

const attempt = z
  .object({
    attempt: count.describe('number of the attempt, from 1'),
    kind: z.enum(['search', 'test', 'audit']).describe('purpose of the attempt'),
    worker: z.string().describe('name of the worker'),
    outcome: z.string().nullable().describe('how it ended, such as accepted; null while it runs'),
    reason: z.string().nullable().describe('why it ended without a result; null otherwise'),
    to_step: z.number().int().nullable().describe('rung to which it trains; null: the last step'),
    assigned_at: z.string().describe('when it was assigned, in UTC'),
    ended_at: z.string().nullable().describe('when it ended; null while it runs'),
    lines: z.array(line).nullable().describe('last lines of its output; null if none is stored'),
  })
  .meta({ id: 'attempt', description: 'one execution of the trial on a worker' });

/** The document of `logs --format json`. */
export const logsSchema = z.object({
  ...versionField,
  study: z.string().describe('name of the study'),
  trial: z.string().describe('name of the trial'),
  attempts: z.array(attempt).describe('the attempts, first one first'),
});

export function logsJson({ study, trial, attempts }: LogsSource): string {
  return documentText({
    study,
    trial: trialName(trial),
    attempts: attempts.map(({ record, text }) => ({
      attempt: record.attempt,
      kind: record.kind,
      worker: record.worker,
      outcome: record.outcome,
      reason: record.reason,
      to_step: record.toStep ?? null,
      assigned_at: isoTime(record.assignedAtMs),
      ended_at: isoTime(record.endedAtMs),
      lines: text === null ? null : attemptLogLines(text),
    })),
  });
}
