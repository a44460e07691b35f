/**
 * Module check: trains one trial twice, and a third time from rung to rung with a new thread for each, and
 * compares the results. It shows whether the section of a study may claim `repeatable: exact`.
 */
import { attemptLogLines } from '../../study/attempt-log.ts';
import type { TrainingData } from '../../study/images.ts';
import type { Params } from '../../study/search-space.ts';
import type { TrialResult } from '../../study/trial.ts';
import type { ModuleSettings } from '../../trainers/module/settings.ts';
import type { TrainingState } from '../../trainers/train-trials.ts';
import { CommandFailure } from '../command/command-failure.ts';
import type { CheckReport, CheckedTraining } from '../command/check-command.ts';
import { ModuleThreads, type ModuleRequest, type ModuleThreadsOptions } from './module-threads.ts';

export interface ModuleCheck {
  readonly settings: ModuleSettings;
  readonly seed: number;
  readonly params: Params;
  /** `noData` for a module that has its own data. */
  readonly data: TrainingData;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** @param say receives a line before each training */
export async function checkModule(
  check: ModuleCheck,
  options: ModuleThreadsOptions,
  say: (text: string) => void,
): Promise<CheckReport> {
  const { rungs } = check.settings.declares;
  await using threads = new ModuleThreads(options);
  const whole = rungs.slice(-1);
  say('training a first time');
  const first = await trainBy(whole, check, threads);
  if (first.kind === 'failed') return { first, second: null, resumed: null };
  say('training a second time');
  const second = await trainBy(whole, check, threads);
  if (rungs.length < 2) return { first, second, resumed: null };
  say(`training from rung to rung: ${rungs.join(', ')}`);
  return { first, second, resumed: await trainBy(rungs, check, threads) };
}

/** Trains to each of these steps in a new thread. */
async function trainBy(
  steps: readonly number[],
  { settings, seed, params, data, files }: ModuleCheck,
  threads: ModuleThreads,
): Promise<CheckedTraining> {
  let result: TrialResult | undefined;
  let resume: TrainingState[] | undefined;
  const context = { settings, seed, replicate: 1, measureTest: false, params: [params] };
  for (const toStep of steps) {
    const request: ModuleRequest = { ...context, data, files, toStep, resume };
    const left: TrainingState[] = [];
    const { finished } = threads.start(
      request,
      (message) => {
        if (message.kind !== 'rung' || message.rung.state === null) return;
        left.push({ step: message.rung.step, bytes: message.rung.state });
      },
      { postRungs: true },
    );
    try {
      [result] = (await finished) ?? [];
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      const log = attemptLogLines(error.output).map(({ text }) => `${text}\n`);
      return { kind: 'failed', reason: error.message, log: log.join('') };
    }
    if (result?.kind !== 'complete') break;
    resume = left;
  }
  if (result === undefined) return { kind: 'failed', reason: 'it was stopped', log: '' };
  return { kind: 'trained', result };
}
