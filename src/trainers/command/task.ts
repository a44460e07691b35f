/**
 * Command task: the one line of JSON that a command reads, in the contract `ridgeline-trainer/1`. It is also
 * in the file that `RIDGELINE_TASK` names.
 */
import { RandomStream } from '../../base/philox.ts';
import type { Params } from '../../study/search-space.ts';
import type { CommandSettings } from './settings.ts';

export interface CommandTask {
  /** Version of the contract. */
  readonly contract: 1;
  /** `coarse/7`. */
  readonly trial: string;
  /** From 1. */
  readonly attempt: number;
  /** From 1. */
  readonly replicate: number;
  /** From 0 to 2^31 - 1: the same for all configurations, another one for each replicate. */
  readonly seed: number;
  readonly parameters: Params;
  /** Where training continues; null: at the start. `state`: a path, relative to the working folder. */
  readonly from: { readonly step: number; readonly state: string } | null;
  /** The step at which training ends. */
  readonly to: number;
  /** The last step of a whole training, for schedules: `to` is less at an earlier rung. */
  readonly end: number;
  /** Whether metrics of the test split are printed. */
  readonly test: boolean;
  /** Files of the data set, by split; null without a data set. */
  readonly data: Readonly<Record<string, string>> | null;
  /** Folder for the state and other output, relative to the working folder. */
  readonly out: string;
}

export interface TaskSource {
  readonly settings: Pick<CommandSettings, 'parameters' | 'rungs'>;
  readonly seed: number;
  readonly trial: string;
  readonly attempt: number;
  readonly replicate: number;
  /** The searched values. */
  readonly params: Params;
  readonly test: boolean;
}

/** The task of a whole training. */
export function wholeTask({ settings, seed, params, test, ...names }: TaskSource): CommandTask {
  const end = settings.rungs.at(-1) ?? 1;
  return {
    contract: 1,
    ...names,
    seed: taskSeed(seed, names.replicate),
    parameters: { ...settings.parameters, ...params },
    from: null,
    to: end,
    end,
    test,
    data: null,
    out: 'out',
  };
}

/** A seed that NumPy, scikit-learn and PyTorch accept. */
export function taskSeed(seed: number, replicate: number): number {
  return new RandomStream(seed, 'command', replicate).uint32At(0) >>> 1;
}

export function taskLine(task: CommandTask): string {
  return `${JSON.stringify(task)}\n`;
}
