/**
 * Module training: the trainer port on top of a module of the user. It trains packs of one trial, measures
 * at each rung, and checks what the module returns.
 *
 * A state is one line of JSON (step, seconds, curve), then the bytes of the module.
 */
import { assert } from '../../base/assert.ts';
import { sha256 } from '../../base/digest.ts';
import { RandomStream } from '../../base/philox.ts';
import type { TrainingData } from '../../study/images.ts';
import type { Params } from '../../study/search-space.ts';
import type { TrainerSettings } from '../../study/trainer-description.ts';
import type { Measurement } from '../../study/trial.ts';
import { taskSeed } from '../command/task.ts';
import type {
  MemberMeasurement,
  MemberStatus,
  TrainHooks,
  Training as PortTraining,
  TrainingPort,
} from '../trainer.ts';
import { ModuleFault } from './module-contract.ts';
import { checkMeasurement, type MeasurementRules } from './measurement.ts';
import { toTrainerData } from './module-data.ts';
import { moduleSettings } from './settings.ts';
import type { TrainerModule, Training } from './trainer-module.ts';

/** The part of a trainer that a thread uses, from a module's default export. */
export function modulePort(module: TrainerModule<Params>): TrainingPort {
  return {
    rungs: (settings: TrainerSettings) => moduleSettings(settings).declares.rungs,
    open: ([trial, ...others], data, { seed, replicate, settings, measureTest }) => {
      assert(trial !== undefined && others.length === 0, 'a module trains one trial at a time');
      const { parameters, declares } = moduleSettings(settings);
      const training = module.open({
        seed: taskSeed(seed, replicate),
        replicate,
        parameters: { ...parameters, ...trial.params },
        data: toTrainerData(data, measureTest),
        random: randomNumbers(seed, replicate),
      });
      return new ModuleTraining(training, {
        metrics: Object.keys(declares.metrics),
        rungs: declares.rungs,
        records: validationRecords(data, declares.records),
        measureTest,
      });
    },
  };
}

function validationRecords({ validation }: TrainingData, own = 0): number {
  const { length } = validation.records;
  return length > 0 ? length : own;
}

function randomNumbers(seed: number, replicate: number) {
  let [current, stream] = [-1, new RandomStream(seed, 'module', replicate, 0)];
  return (place: number, index: number): number => {
    for (const [name, number] of Object.entries({ stream: place, index }))
      if (!Number.isInteger(number) || number < 0 || number >= 2 ** 32)
        throw new ModuleFault(
          `asks random for ${name} ${number}; it must be a whole number from 0 to 2^32 - 1`,
        );
    if (place !== current) stream = new RandomStream(seed, 'module', replicate, place);
    current = place;
    return stream.uniformAt(index);
  };
}

interface Progress extends Pick<MemberStatus, 'step' | 'seconds'> {
  readonly curve: readonly Measurement[];
}

class ModuleTraining implements PortTraining {
  readonly #training: Training;
  readonly #rules: MeasurementRules;
  #progress: Progress = { step: 0, seconds: 0, curve: [] };
  #kind: MemberStatus['kind'] = 'reached';
  /** The measurement at the present step; null if there is none. */
  #measured: MemberMeasurement | null = null;

  constructor(training: Training, rules: MeasurementRules) {
    this.#training = training;
    this.#rules = rules;
  }

  trainTo(step: number, hooks: TrainHooks): MemberStatus[] {
    const stops = [...this.#rules.rungs.filter((rung) => rung < step), step];
    for (const stop of stops) {
      if (this.#kind === 'stopped' && this.#progress.step < step) this.#kind = 'reached';
      if (this.#kind === 'reached' && this.#progress.step < stop) this.#train(stop, hooks);
      if (this.#kind !== 'reached') break;
    }
    return [{ kind: this.#kind, ...this.#progress }];
  }

  measure(): MemberMeasurement {
    this.#measured ??= checkMeasurement(this.#training.measure(), this.#progress.step, this.#rules);
    return this.#measured;
  }

  state(): Uint8Array {
    const head = new TextEncoder().encode(`${JSON.stringify(this.#progress)}\n`);
    return Buffer.concat([head, this.#ownState()]);
  }

  restore(_member: number, state: Uint8Array): void {
    const headEnd = state.indexOf(10);
    // `state` wrote this.
    this.#progress = JSON.parse(new TextDecoder().decode(state.subarray(0, headEnd)));
    // A copy begins at the start of its buffer, where it can be read as an array of numbers.
    this.#training.restore(new Uint8Array(state.subarray(headEnd + 1)));
  }

  digest(): string {
    const digest: unknown = this.#training.digest?.() ?? sha256(this.#ownState());
    if (typeof digest === 'string' && /^[0-9a-f]{64}$/.test(digest)) return digest;
    throw new ModuleFault(
      `has a digest that is not 64 hexadecimal digits in lower case: ${JSON.stringify(digest)}`,
    );
  }

  end(): void {
    this.#kind = 'ended';
  }

  #ownState(): Uint8Array {
    const state: unknown = this.#training.state();
    if (state instanceof Uint8Array) return state;
    throw new ModuleFault('has a state that is no Uint8Array');
  }

  #train(to: number, hooks: TrainHooks): void {
    const from = this.#progress.step;
    let before = hooks.nowMs();
    const advance = (step: number): void => {
      const now = hooks.nowMs();
      const seconds = this.#progress.seconds + (now - before) / 1_000;
      before = now;
      if (step > this.#progress.step) this.#measured = null;
      this.#progress = { ...this.#progress, step, seconds };
    };
    const outcome: unknown = this.#training.trainTo(to, {
      onStep: (step) => {
        if (!Number.isInteger(step) || step < this.#progress.step || step > to)
          throw new ModuleFault(
            `calls onStep(${step}) after step ${this.#progress.step}, when it trains to step ${to}`,
          );
        advance(step);
        hooks.onStep?.(step);
      },
      onMeasured: (metrics) => {
        const { step } = this.#progress;
        // The rung itself is measured below.
        if (step > from && step < to)
          this.#addPoint(checkMeasurement({ metrics }, step, this.#rules, 'partial'), hooks);
      },
      isStopped: () => this.#progress.step < (this.#rules.rungs.at(-1) ?? 0) && isStopped(hooks),
    });
    if (outcome === 'diverged') this.#kind = 'diverged';
    else if (outcome === 'stopped' && this.#progress.step < to) this.#kind = 'stopped';
    else if (outcome === 'reached') this.#reach(to, hooks, advance);
    else
      throw new ModuleFault(
        `returns ${JSON.stringify(outcome)} from trainTo, which must be reached, diverged or stopped`,
      );
  }

  #reach(step: number, hooks: TrainHooks, advance: (step: number) => void): void {
    if (this.#progress.step < step) {
      advance(step);
      hooks.onStep?.(step);
    }
    this.#kind = 'reached';
    if (!this.#rules.rungs.includes(step)) return;
    const measured = this.measure();
    if (Object.values(measured.metrics).every(Number.isFinite)) this.#addPoint(measured, hooks);
    else this.#kind = 'diverged';
    if (step < (this.#rules.rungs.at(-1) ?? 0) && isStopped(hooks)) this.#kind = 'stopped';
  }

  #addPoint({ metrics }: Pick<MemberMeasurement, 'metrics'>, hooks: TrainHooks): void {
    const { step, curve } = this.#progress;
    if (curve.at(-1)?.step === step) return;
    const measurement = { step, metrics };
    this.#progress = { ...this.#progress, curve: [...curve, measurement] };
    hooks.onMeasured?.(0, measurement);
  }
}

function isStopped(hooks: TrainHooks): boolean {
  return hooks.isStopped?.() === true;
}
