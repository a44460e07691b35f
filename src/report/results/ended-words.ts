/** Ended words: why trials were stopped or failed, as lines below tables and in live views. */
import type { TrialRecord } from '../../study/trial.ts';
import type { StageResults } from './study-results.ts';

/** `failed: diverged …`. The reason why a trial was stopped begins with its status. */
export function statusText({ status, reason }: Pick<TrialRecord, 'status' | 'reason'>): string {
  if (reason === null) return status;
  return status === 'stopped' ? reason : `${status}: ${reason}`;
}

/** `coarse/3 failed: failed 3 times; …`: at most `most` lines, and the command that lists the rest. */
export function failureWords(study: string, { failed }: StageResults, most: number): string[] {
  const list = failed.map(
    ({ trial, reason }) => `${trial} failed: ${reason ?? 'for an unknown reason'}`,
  );
  return firstWords(list, most, `failed; ${reasonsCommand(study, 'failed')}`);
}

/** `coarse/3 stopped at step 1000: …`: at most `most` lines, and the command that lists the rest. */
export function stoppedWords(study: string, { stopped }: StageResults, most: number): string[] {
  const list = stopped.map(({ trial, reason }) => `${trial} ${reason ?? 'stopped'}`);
  return firstWords(list, most, `stopped; ${reasonsCommand(study, 'stopped')}`);
}

function reasonsCommand(study: string, status: string): string {
  return `ridgeline results ${study} --where 'status = ${status}' --columns trial,reason --all lists every reason`;
}

function firstWords(list: readonly string[], most: number, rest: string): string[] {
  const more = list.length - most;
  return more <= 0 ? [...list] : [...list.slice(0, most), `${more} more ${rest}`];
}
