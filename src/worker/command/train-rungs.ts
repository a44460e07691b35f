/**
 * Rung training: trains one trial with a command to one step after the other, each in a separate process,
 * which continues from the state that the process before it has saved.
 *
 * The result does not depend on where the first process began: a training that continues from a kept state
 * has the learning curve of one that began at step 0.
 */
import { join } from 'node:path';
import type { Rung } from '../../rpc/messages/messages.ts';
import { attemptLogMax } from '../../study/attempt-log.ts';
import type { Measurement, TrialResult } from '../../study/trial.ts';
import {
  runTrial,
  type CommandHost,
  type RunningTrial,
  type TrialRun,
  type TrialRunEnd,
} from './run-trial.ts';

/** From which a command continues. */
export interface CommandState {
  readonly step: number;
  /** A file or folder. */
  readonly path: string;
  /** The learning curve up to the step. */
  readonly curve: readonly Measurement[];
}

export interface RungTraining extends Omit<TrialRun, 'state' | 'curve'> {
  /** Steps at which processes end, ascending; at least one. */
  readonly steps: readonly number[];
  /** Null: training begins at step 0. */
  readonly start: CommandState | null;
}

/** How it has ended: as the last process. */
type RungTrainingEnd =
  | Exclude<TrialRunEnd, { readonly kind: 'trained' }>
  | {
      readonly kind: 'trained';
      /** With the seconds of these processes. */
      readonly result: TrialResult;
      /** The steps that were reached, with the digests there. */
      readonly rungs: readonly Rung[];
      /** In the working folder; null if the command has saved none, or has diverged. */
      readonly state: CommandState | null;
      readonly log: string;
      readonly output: string;
    };

export interface RunningRungs {
  readonly ended: Promise<RungTrainingEnd>;
  stop(): void;
}

/** The folder holds the working folder of each process. The caller removes it. */
export function trainRungs(
  training: RungTraining,
  host: CommandHost,
  onMeasured: (measurement: Measurement) => void,
): RunningRungs {
  let running: RunningTrial | null = null;
  let isStopped = false;
  const run = (trial: TrialRun): RunningTrial => {
    running = runTrial(trial, host, onMeasured);
    if (isStopped) running.stop();
    return running;
  };
  return {
    ended: trainAll(training, run),
    stop: () => {
      isStopped = true;
      running?.stop();
    },
  };
}

async function trainAll(
  { steps, start, ...common }: RungTraining,
  run: (trial: TrialRun) => RunningTrial,
): Promise<RungTrainingEnd> {
  const rungs: Rung[] = [];
  let state = start;
  let seconds = 0;
  let output = '';
  for (const [index, to] of steps.entries()) {
    const from = state === null ? null : { step: state.step, state: 'in/state' };
    const task = { ...common.task, from, to };
    const folder = join(common.folder, String(index + 1));
    const more = { state: state?.path ?? null, curve: state?.curve ?? [] };
    const end = await run({ ...common, ...more, task, folder }).ended;
    output = tailLines(output + end.output);
    if (end.kind !== 'trained') return { ...end, output };
    seconds += end.result.seconds;
    const result = { ...end.result, seconds };
    if (result.kind === 'diverged') return { ...end, result, rungs, state: null, output };
    rungs.push({ step: to, digest: result.digest });
    state = end.state === null ? null : { step: to, path: end.state, curve: result.curve };
    if (to === steps.at(-1)) return { ...end, result, rungs, state, output };
  }
  return { kind: 'failed', reason: 'there is no step to train to', log: '', output };
}

/** The last whole lines. */
function tailLines(text: string): string {
  if (text.length <= attemptLogMax) return text;
  return text.slice(text.indexOf('\n', text.length - attemptLogMax) + 1);
}
