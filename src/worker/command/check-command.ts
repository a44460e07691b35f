/**
 * Command check: trains one trial twice, and a third time from rung to rung if the command resumes, and
 * compares the results. It shows what the section of a study may claim: `repeatable: exact`, `resumes: true`.
 */
import { join } from 'node:path';
import { resultDifferences } from '../../study/result-differences.ts';
import type { TrialResult } from '../../study/trial.ts';
import type { CommandSettings } from '../../trainers/command/settings.ts';
import type { CommandTask } from '../../trainers/command/task.ts';
import { removeFolder, type CommandHost } from './run-trial.ts';
import { trainRungs } from './train-rungs.ts';

export interface CommandCheck {
  readonly settings: CommandSettings;
  readonly words: readonly string[];
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The whole training. */
  readonly task: CommandTask;
  /** Where working folders are made. */
  readonly directory: string;
}

export type CheckedTraining =
  | { readonly kind: 'trained'; readonly result: TrialResult }
  | { readonly kind: 'failed'; readonly reason: string; readonly log: string };

export interface CheckReport {
  /** The first training; the others are null if it failed. */
  readonly first: CheckedTraining;
  readonly second: CheckedTraining | null;
  /** From rung to rung; null if the command does not resume, or has one rung. */
  readonly resumed: CheckedTraining | null;
}

/** @param say receives a line before each training */
export async function checkCommand(
  check: CommandCheck,
  host: CommandHost,
  say: (text: string) => void,
): Promise<CheckReport> {
  const { settings, task } = check;
  const whole = [task.to];
  say('training a first time');
  const first = await trainBy(whole, check, host);
  if (first.kind === 'failed') return { first, second: null, resumed: null };
  say('training a second time');
  const second = await trainBy(whole, check, host);
  if (!settings.resumes || settings.rungs.length < 2) return { first, second, resumed: null };
  say(`training from rung to rung: ${settings.rungs.join(', ')}`);
  return { first, second, resumed: await trainBy(settings.rungs, check, host) };
}

/** What differs between two trainings; empty if both are equal to the last digit. */
export function trainingDifferences(a: TrialResult, b: TrialResult): string[] {
  return resultDifferences(lastPoint(a), lastPoint(b));
}

/** A training from rung to rung is measured at other steps than a whole one. */
function lastPoint(result: TrialResult): TrialResult {
  return { ...result, curve: result.kind === 'complete' ? result.curve.slice(-1) : [] };
}

/** Trains to each of these steps with a separate process. */
async function trainBy(
  steps: readonly number[],
  { directory, ...training }: CommandCheck,
  host: CommandHost,
): Promise<CheckedTraining> {
  const folder = join(directory, 'training');
  const own = { ...training, steps, start: null, folder, device: null };
  try {
    const end = await trainRungs(own, host, () => undefined).ended;
    if (end.kind === 'trained') return { kind: 'trained', result: end.result };
    const reason = end.kind === 'stopped' ? 'it was stopped' : end.reason;
    return { kind: 'failed', reason, log: end.log };
  } finally {
    await removeFolder(folder);
  }
}
