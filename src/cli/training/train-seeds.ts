/**
 * Seed training: trains one choice with several seeds, in parallel on threads, from the start or from
 * checkpoints. When it is stopped, the states of running seeds are saved.
 */
import type { SeedResult } from '../../report/results/training-means.ts';
import type { SeedProgress } from '../../report/terminal/training-progress.ts';
import type { TrainingData } from '../../study/images.ts';
import type { Measurement, TrialResult } from '../../study/trial.ts';
import type { TrainerSource } from '../../trainers/open-trainer.ts';
import { cycleEnds, stepsPerEpoch } from '../../trainers/two-layer/schedule.ts';
import { twoLayerSettings } from '../../trainers/two-layer/settings.ts';
import { TrainingPool, type RunningTraining } from '../../worker/training-pool.ts';
import { ActiveTime } from './active-time.ts';
import type { CheckpointFiles } from './checkpoint-files.ts';
import type { TrainingChoice } from './training-choice.ts';
import type { TrainingView } from './training-view.ts';

interface SeedsRequest {
  readonly choice: TrainingChoice;
  readonly seeds: readonly number[];
  readonly data: TrainingData;
  readonly source: TrainerSource;
  readonly threads: number;
  readonly view: TrainingView;
  /** Where states are saved; by default nowhere. */
  readonly checkpoints?: CheckpointFiles;
  /** Whether seeds start from their checkpoints. */
  readonly isResumed?: boolean;
  /** Whether the checkpoint of each cycle's end is kept. */
  readonly keepCycles?: boolean;
}

interface RunningSeed {
  readonly seed: number;
  readonly training: RunningTraining;
  /** Active time at its start. */
  readonly startedMs: number;
  readonly firstStep: number;
  measured: Measurement | null;
}

export class SeedsTraining {
  readonly #request: SeedsRequest;
  readonly #running = new Set<RunningSeed>();
  readonly #cycleEnds: readonly number[];
  readonly #steps: number;
  readonly #epochs: number;
  readonly #time = new ActiveTime();
  #stopped = false;

  constructor(request: SeedsRequest) {
    const records = request.data.train.records.length;
    const settings = twoLayerSettings(request.choice.settings);
    this.#request = request;
    this.#cycleEnds = cycleEnds(settings, records);
    this.#steps = this.#cycleEnds.at(-1) ?? 0;
    this.#epochs = this.#steps / stepsPerEpoch(settings, records);
    request.view.watch(() => [...this.#running].map((running) => this.#progress(running)));
  }

  /** @returns null if it was stopped */
  async run(): Promise<readonly SeedResult[] | null> {
    const { seeds, threads, source } = this.#request;
    await using pool = new TrainingPool(threads, source);
    const results = new Map<number, TrialResult>();
    const waiting = [...seeds];
    const takeSeeds = async (): Promise<void> => {
      for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
        if (this.#stopped) return;
        const result = await this.#trainSeed(seed, pool);
        if (result !== null) results.set(seed, result);
      }
    };
    await Promise.all(Array.from({ length: threads }, takeSeeds));
    if (results.size < seeds.length) return null;
    const inOrder = [...results].toSorted(([a], [b]) => a - b);
    return inOrder.map(([seed, result]) => ({ seed, result }));
  }

  stop(): void {
    this.#stopped = true;
    for (const { training } of this.#running) training.stop();
  }

  async #trainSeed(seed: number, pool: TrainingPool): Promise<TrialResult | null> {
    const {
      choice,
      data,
      checkpoints,
      isResumed = false,
      keepCycles = false,
      view,
    } = this.#request;
    const state = (isResumed && checkpoints?.newest(seed)) || null;
    if (state !== null) view.say(`seed ${seed} resumes at step ${state.step} of ${this.#steps}`);
    const failed = Promise.withResolvers<never>();
    const keep = (step: number): boolean => keepCycles && this.#cycleEnds.includes(step);
    const { settings, params, replicate } = choice;
    const resume = state === null ? undefined : [state];
    const measureTest = data.test !== null;
    const training = pool.start(
      { seed, replicate, settings, params: [params], resume, data, measureTest },
      (message) => {
        if (message.kind === 'state') {
          try {
            checkpoints?.save(seed, message.state, keep);
          } catch (error) {
            failed.reject(error);
          }
        } else if (message.kind === 'measured') {
          running.measured = message.measurement;
          view.measured(seed, this.#epochs, message.measurement);
        }
      },
      { postStates: checkpoints !== undefined },
    );
    const firstStep = state?.step ?? 0;
    const startedMs = this.#time.read(performance.now());
    const running: RunningSeed = { seed, training, startedMs, firstStep, measured: null };
    this.#running.add(running);
    try {
      const results = await Promise.race([training.finished, failed.promise]);
      return results?.[0] ?? null;
    } finally {
      this.#running.delete(running);
    }
  }

  #progress({ seed, training, startedMs, firstStep, measured }: RunningSeed): SeedProgress {
    const step = Math.max(firstStep, training.step());
    return {
      seed,
      step,
      steps: this.#steps,
      epochs: this.#epochs,
      measured,
      elapsedMs: this.#time.read(performance.now()) - startedMs,
      stepsHere: step - firstStep,
    };
  }
}
