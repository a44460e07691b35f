/**
 * Several seeds of one training, as many at a time as there are threads; each from the start or from
 * its checkpoint. A stop hands out where each one is, so that nothing of it is lost.
 */
import type { SeedResult } from '../../report/results/training-means.ts';
import type { SeedProgress } from '../../report/terminal/training-progress.ts';
import { trainerShape } from '../../study/spec/file-shape.ts';
import { cycleEnds, stepsOf, stepsPerEpoch } from '../../study/spec/training-length.ts';
import type { Measurement, TrialResult } from '../../study/trial.ts';
import type { TrainingIdentity } from '../../trainers/two-layer/checkpoint.ts';
import { inputsOf, type TrainingData } from '../../study/images.ts';
import type { TrainingState } from '../../trainers/two-layer/train-pack.ts';
import type { RunningTraining, TrainingPool } from '../../worker/training-pool.ts';
import type { CheckpointFiles } from './checkpoint-files.ts';
import type { TrainingChoice } from './training-choice.ts';
import type { TrainingView } from './training-view.ts';

export interface SeedsRequest {
  readonly choice: TrainingChoice;
  readonly seeds: readonly number[];
  readonly data: TrainingData;
  readonly datasetKey: string;
  readonly threads: number;
  /** Whether every cycle's end stays on disk until the end of all. */
  readonly keepCycles: boolean;
  readonly isResumed: boolean;
}

export interface SeedsPorts {
  readonly pool: TrainingPool;
  readonly checkpoints: CheckpointFiles;
  readonly view: TrainingView;
  nowMs(): number;
}

export function identityOf(
  { settings, lambda, replicate }: TrainingChoice,
  seed: number,
  { train: { images } }: TrainingData,
  dataset: string,
): TrainingIdentity {
  const shape = { inputs: inputsOf(images), hidden: settings.hidden, classes: images.classes };
  return { dataset, shape, trainer: trainerShape(settings), lambda, seed, replicate };
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
  readonly #steps: number;
  readonly #cycleEnds: readonly number[];
  readonly #epochs: number;
  #stopped = false;

  constructor(request: SeedsRequest, ports: SeedsPorts) {
    const { choice, data } = request;
    const records = data.train.records.length;
    this.#request = request;
    this.#ports = ports;
    this.#steps = stepsOf(choice.settings, records);
    this.#cycleEnds = cycleEnds(choice.settings, records);
    this.#epochs = this.#steps / stepsPerEpoch(choice.settings, records);
    ports.view.watch(() => [...this.#running].map((running) => this.#progressOf(running)));
  }

  /** @returns null where it was stopped */
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
    const { choice, data, datasetKey, isResumed, keepCycles } = this.#request;
    const { pool, checkpoints, view } = this.#ports;
    const identity = identityOf(choice, seed, data, datasetKey);
    const state = isResumed ? checkpoints.newest(identity) : null;
    if (state !== null) view.say(`seed ${seed} goes on at step ${state.step} of ${this.#steps}`);
    const failed = Promise.withResolvers<never>();
    const keep = (step: number): boolean => keepCycles && this.#cycleEnds.includes(step);
    const save = (reached: TrainingState): void => {
      try {
        checkpoints.save(identity, reached, keep);
      } catch (error) {
        failed.reject(error);
      }
    };
    const { settings, lambda, replicate } = choice;
    const training = pool.start(
      {
        seed,
        replicate,
        settings,
        lambda,
        resume: state,
        data,
        measureTest: data.test !== null,
      },
      (message) => {
        if (message.kind === 'state') save(message.state);
        else this.#measured(running, message.measurement);
      },
    );
    const firstStep = state?.step ?? 0;
    const running: RunningSeed = {
      seed,
      training,
      startedMs: this.#ports.nowMs(),
      firstStep,
      measured: state?.curve.at(-1) ?? null,
    };
    this.#running.add(running);
    try {
      return await Promise.race([training.finished, failed.promise]);
    } finally {
      this.#running.delete(running);
    }
  }

  #measured(running: RunningSeed, measurement: Measurement): void {
    running.measured = measurement;
    this.#ports.view.measured(running.seed, this.#epochs, measurement);
  }

  #progressOf({ seed, training, startedMs, firstStep, measured }: RunningSeed): SeedProgress {
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
