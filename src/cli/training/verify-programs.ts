/**
 * Program verification: trains stored trials again with the program of their study, as a worker does. The
 * user who verifies a study allows its program.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RidgelineError } from '../../base/errors.ts';
import type { StoredFile } from '../../study/program-files.ts';
import { allowOption } from '../../study/program-needs.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import { trialName, type TrialRecord, type TrialResult } from '../../study/trial.ts';
import { commandNeeds, commandSettings } from '../../trainers/command/settings.ts';
import { wholeTask } from '../../trainers/command/task.ts';
import { allowedWords } from '../../worker/command/allowance.ts';
import type { CommandPoolOptions } from '../../worker/command/command-pool.ts';
import { removeFolder } from '../../worker/command/run-trial.ts';
import { trainRungs, type RunningRungs } from '../../worker/command/train-rungs.ts';
import { usageError } from '../process/options.ts';

interface ProgramVerification {
  readonly spec: StudySpec;
  readonly files: readonly StoredFile[];
  readonly host: CommandPoolOptions;
  /** Programs at the same time. */
  readonly slots: number;
  readonly trials: readonly TrialRecord[];
  /** Stops the verification; trials in training are not reported. */
  readonly signal: AbortSignal;
  readonly onResult: (trial: TrialRecord, result: TrialResult) => void;
}

/** @throws RidgelineError STUDY_FAILED if the program fails; USAGE if its path is unknown */
export async function verifyPrograms(options: ProgramVerification): Promise<void> {
  const { spec, host, slots, trials, signal, onResult } = options;
  const settings = commandSettings(spec.trainer);
  const needs = commandNeeds(settings);
  const allowance = { ...host.allowance, files: new Set([needs]) };
  const words = allowedWords(allowance, settings.command, needs);
  if (words === null)
    throw usageError(
      `${spec.study} was trained with the program ${needs}, which this command does not know.`,
      `Give its path: ${allowOption(needs)}.`,
    );
  const files = new Map(options.files.map(({ name, content }) => [name, content]));
  const directory = await mkdtemp(join(tmpdir(), 'ridgeline-verify-'));
  const running = new Set<RunningRungs>();
  signal.addEventListener('abort', () => running.forEach((one) => one.stop()));
  const waiting = [...trials];
  const trainNext = async (slot: number): Promise<void> => {
    for (let trial = waiting.shift(); trial !== undefined; trial = waiting.shift()) {
      if (signal.aborted) return;
      const folder = join(directory, String(slot));
      const device = host.devices[slot] ?? null;
      const { steps, task } = taskOf(spec, trial);
      const training = { settings, words, files, task, steps, start: null, folder, device };
      const run = trainRungs(training, host, () => undefined);
      running.add(run);
      const end = await run.ended;
      running.delete(run);
      await removeFolder(folder);
      if (end.kind === 'trained') onResult(trial, end.result);
      else if (end.kind !== 'stopped')
        throw new RidgelineError(
          'STUDY_FAILED',
          `The program of ${spec.study} failed on ${trialName(trial.id)}: ${end.reason}.`,
          '`ridgeline check-trainer STUDY.yaml` shows its error output.',
        );
    }
  };
  try {
    await Promise.all(Array.from({ length: slots }, (_, slot) => trainNext(slot)));
  } finally {
    for (const one of running) one.stop();
    await removeFolder(directory);
  }
}

/** A trial that was trained from rung to rung is so again. */
function taskOf(spec: StudySpec, { id, params, rungs, result }: TrialRecord) {
  const settings = commandSettings(spec.trainer);
  const names = { trial: trialName(id), attempt: 1, replicate: id.replicate };
  const task = wholeTask({ settings, seed: spec.seed, ...names, params, test: false });
  const to = result?.kind === 'complete' ? result.steps : (rungs?.toStep ?? task.end);
  const isByRungs = settings.resumes && rungs !== undefined;
  return { task, steps: isByRungs ? settings.rungs.filter((step) => step <= to) : [to] };
}
