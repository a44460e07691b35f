/**
 * Seed training: trains one choice with several seeds, in parallel on threads, from the start or from
 * checkpoints. When it is stopped, the states of running seeds are saved.
 */
import { assert } from '../../base/assert.ts';
import type { SeedResult } from '../../report/results/training-means.ts';
import type { SeedProgress } from '../../report/terminal/training-progress.ts';
import type { TrainingData } from '../../study/images.ts';
import { toSnake } from '../../study/spec/case-codec.ts';
import type { Measurement, TrialResult } from '../../study/trial.ts';
import type { TrainingIdentity } from '../../trainers/checkpoint.ts';
import type { TrainingState } from '../../trainers/train-trials.ts';
import { cycleEnds, stepsPerEpoch } from '../../trainers/two-layer/schedule.ts';
import { twoLayerSettings } from '../../trainers/two-layer/settings.ts';
import type { RunningTraining, TrainingPool } from '../../worker/training-pool.ts';
import type { CheckpointFiles } from './checkpoint-files.ts';
import type { TrainingChoice } from './training-choice.ts';
import type { TrainingView } from './training-view.ts';

export interface SeedsRequest {
  readonly choice: TrainingChoice;
  readonly seeds: readonly number[];
  readonly data: TrainingData;
  readonly threads: number;
}

/** Where states are saved, and how. */
export interface SeedCheckpoints {
  readonly files: CheckpointFiles;
  readonly datasetKey: string;
  /** Whether checkpoints of all cycle ends are kept until every seed has ended. */
  readonly keepCycles: boolean;
  readonly isResumed: boolean;
}

export interface SeedsPorts {
  readonly pool: TrainingPool;
  /** Null: no state is saved. */
  readonly checkpoints: SeedCheckpoints | null;
  readonly view: TrainingView;
  nowMs(): number;
}

export function buildIdentity(
  { settings, params, replicate }: TrainingChoice,
  seed: number,
  dataset: string,
): TrainingIdentity {
  const trainer = toSnake(settings);
  assert(typeof trainer === 'object' && trainer !== null, 'settings are an object');
  return { dataset, trainer, params, seed, replicate };
}

interface RunningSeed {
  readonly seed: number;
  readonly training: RunningTraining;
  readonly startedMs: number;
  readonly firstStep: number;
  measured: Measurement | null;
}

export class SeedsTraining {
  readonly #request: SeedsRequest;
  readonly #ports: SeedsPorts;
  readonly #running = new Set<RunningSeed>();
  readonly #cycleEnds: readonly number[];
  readonly #steps: number;
  readonly #epochs: number;
  #stopped = false;

  constructor(request: SeedsRequest, ports: SeedsPorts) {
    const records = request.data.train.records.length;
    const settings = twoLayerSettings(request.choice.settings);
    this.#request = request;
    this.#ports = ports;
    this.#cycleEnds = cycleEnds(settings, records);
    this.#steps = this.#cycleEnds.at(-1) ?? 0;
    this.#epochs = this.#steps / stepsPerEpoch(settings, records);
    ports.view.watch(() => [...this.#running].map((running) => this.#progress(running)));
  }

  /** @returns null if it was stopped */
  async run(): Promise<readonly SeedResult[] | null> {
    const results = new Map<number, TrialResult>();
    const waiting = [...this.#request.seeds];
    const takeSeeds = async (): Promise<void> => {
      for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
        if (this.#stopped) return;
        const result = await this.#trainSeed(seed);
        if (result !== null) results.set(seed, result);
      }
    };
    await Promise.all(Array.from({ length: this.#request.threads }, takeSeeds));
    if (results.size < this.#request.seeds.length) return null;
    return this.#request.seeds.flatMap((seed) => {
      const result = results.get(seed);
      return result === undefined ? [] : [{ seed, result }];
    });
  }

  stop(): void {
    this.#stopped = true;
    for (const { training } of this.#running) training.stop();
  }

  async #trainSeed(seed: number): Promise<TrialResult | null> {
    const { choice, data } = this.#request;
    const { pool, checkpoints, view } = this.#ports;
    const identity = buildIdentity(choice, seed, checkpoints?.datasetKey ?? '');
    const state = checkpoints?.isResumed === true ? checkpoints.files.newest(identity) : null;
    if (state !== null) view.say(`seed ${seed} resumes at step ${state.step} of ${this.#steps}`);
    const failed = Promise.withResolvers<never>();
    const keep = (step: number): boolean =>
      checkpoints?.keepCycles === true && this.#cycleEnds.includes(step);
    const save = (reached: TrainingState): void => {
      try {
        checkpoints?.files.save(identity, reached, keep);
      } catch (error) {
        failed.reject(error);
      }
    };
    const { settings, params, replicate } = choice;
    const resume = state === null ? undefined : [state];
    const measureTest = data.test !== null;
    const training = pool.start(
      { seed, replicate, settings, params: [params], resume, data, measureTest },
      (message) => {
        if (message.kind === 'state') save(message.state);
        else this.#measured(running, message.measurement);
      },
      { postStates: checkpoints !== null },
    );
    const firstStep = state?.step ?? 0;
    const startedMs = this.#ports.nowMs();
    const running: RunningSeed = { seed, training, startedMs, firstStep, measured: null };
    this.#running.add(running);
    try {
      const results = await Promise.race([training.finished, failed.promise]);
      return results?.[0] ?? null;
    } finally {
      this.#running.delete(running);
    }
  }

  #measured(running: RunningSeed, measurement: Measurement): void {
    running.measured = measurement;
    this.#ports.view.measured(running.seed, this.#epochs, measurement);
  }

  #progress({ seed, training, startedMs, firstStep, measured }: RunningSeed): SeedProgress {
    const step = Math.max(firstStep, training.step());
    return {
      seed,
      step,
      steps: this.#steps,
      epochs: this.#epochs,
      measured,
      elapsedMs: this.#ports.nowMs() - startedMs,
      stepsHere: step - firstStep,
    };
  }
}
