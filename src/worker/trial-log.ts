/** Trial log: with `--debug`, the results of a worker, to compare them with those that the coordinator has stored. */
import type { Logger } from 'pino';
import type { Assignment, AttemptKey } from '../rpc/messages/messages.ts';
import { trialName, type TrialResult } from '../study/trial.ts';

export function logResults(
  log: Logger,
  { members }: Assignment,
  results: readonly TrialResult[],
): void {
  if (!log.isLevelEnabled('debug')) return;
  for (const [index, result] of results.entries()) {
    const key = members[index]?.key;
    const digest = result.kind === 'complete' ? result.digest : null;
    if (key !== undefined) logTrial(log, key, { digest }, 'trained');
  }
}

export function logTrial(
  log: Logger,
  { study, trial, attempt }: AttemptKey,
  more: object,
  text: string,
): void {
  log.debug({ study, trial: trialName(trial), attempt, ...more }, text);
}
