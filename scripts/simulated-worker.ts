/**
 * Simulated worker: a worker without threads, to load a coordinator. It has the real session over the
 * real connection, treats every data set as fetched, and makes up results.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { sha256 } from '../src/base/digest.ts';
import type { JoinTarget } from '../src/rpc/credentials/join-string.ts';
import type { Assignment, CoordinatorMessage } from '../src/rpc/messages/messages.ts';
import { connectSession, type WorkerStream } from '../src/rpc/client/session-client.ts';
import { classificationMetrics } from '../src/study/metrics.ts';
import { numberParam, type Params } from '../src/study/search-space.ts';
import { trialSettings } from '../src/study/trial-settings.ts';
import { trialName, type TrialResult } from '../src/study/trial.ts';
import { describeTrainer } from '../src/trainers/registry.ts';
import { selfTestDigest } from '../src/trainers/two-layer/arithmetic-self-test.ts';
import { WorkerSession, type SessionEffect } from '../src/worker/session.ts';

const heartbeatMs = 5_000;
/** Training images of every study, which also has 400 validation images. */
const trainRecords = 1_000;

export interface SimulatedWorkerOptions {
  readonly index: number;
  readonly join: JoinTarget;
  readonly threads: number;
  /** Milliseconds that a pack takes. */
  readonly packMs: () => number;
  /** Called with the answer to each result. */
  readonly onAnswer: (answer: string) => void;
  /** Called with the time from a pack's end to the next assignment. */
  readonly onDispatch: (waitedMs: number) => void;
}

export class SimulatedWorker {
  readonly #options: SimulatedWorkerOptions;
  readonly #session: WorkerSession;
  readonly #heartbeat: NodeJS.Timeout;
  #stream: WorkerStream | null = null;
  /** Ends of packs whose threads have received no other pack. */
  readonly #endedMs: number[] = [];

  private constructor(options: SimulatedWorkerOptions) {
    const { index, threads } = options;
    this.#options = options;
    this.#session = new WorkerSession({
      session: `simulated-${process.pid}-${index}`,
      name: `node-${index}`,
      version: '0.0.0',
      threads,
      packMax: 8,
      kernel: 'portable',
      processor: 'Test CPU 1',
      selfTestDigest,
      machineId: `machine-${index}`,
      slots: threads,
      memory: 0,
    });
    // Spread over time, like the heartbeats of real machines.
    this.#heartbeat = setInterval(
      () => this.#perform(this.#session.heartbeat(new Map())),
      heartbeatMs * (0.9 + 0.2 * Math.random()),
    );
  }

  static async join(options: SimulatedWorkerOptions): Promise<SimulatedWorker> {
    const worker = new SimulatedWorker(options);
    await worker.#connect();
    return worker;
  }

  /** Opens a stream; if it breaks, because the coordinator was busy for too long, opens another one. */
  async #connect(): Promise<void> {
    const { index, join } = this.#options;
    const stream = await connectSession(join, describeTrainer, { timeoutMs: 30_000 });
    this.#stream = stream;
    stream.onMessage((message) => this.#received(message));
    stream.onClosed((error) => {
      this.#session.streamClosed();
      if (error === null) return;
      process.stderr.write(`node-${index} connects again: ${error.message}\n`);
      void this.#connect();
    });
    stream.send(this.#session.hello(new Map()));
  }

  leave(): void {
    clearInterval(this.#heartbeat);
    this.#stream?.close();
  }

  #received(message: CoordinatorMessage): void {
    if (message.kind === 'answer') this.#options.onAnswer(message.answer);
    if (message.kind === 'assign') {
      const endedMs = this.#endedMs.shift();
      if (endedMs !== undefined) this.#options.onDispatch(performance.now() - endedMs);
    }
    this.#perform(this.#session.received(message));
  }

  #perform(effects: readonly SessionEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'send') this.#stream?.send(effect.message);
      else if (effect.kind === 'fetch') this.#perform(this.#session.datasetReady(effect.dataset));
      else if (effect.kind === 'train') void this.#train(effect.assignment);
    }
  }

  async #train(assignment: Assignment): Promise<void> {
    const packMs = this.#options.packMs();
    if (packMs > 0) await sleep(packMs);
    const results = assignment.members.map(({ key, params }) =>
      simulateResult(`${key.study} ${trialName(key.trial)}`, params, assignment),
    );
    this.#endedMs.push(performance.now());
    this.#perform(this.#session.packEnded(assignment.pack, results));
  }
}

/** A result that is a function of the trial: equal on every worker. */
function simulateResult(
  trial: string,
  params: Params,
  { settings }: Pick<Assignment, 'settings'>,
): TrialResult {
  const loss = 1 + Math.abs(Math.log10(numberParam(params, 'lambda')) + 4) / 10;
  // Of 8 images each, as many are correct as the last 3 bits of the trial's digest say.
  const digest = sha256(trial);
  const correct = parseInt(digest.slice(-1), 16) % 8;
  const metrics = Object.fromEntries(
    classificationMetrics
      .filter(({ split, kind }) => split !== 'test' && kind !== 'progress')
      .map(({ name, kind }) => [name, kind === 'accuracy' ? correct / 8 : loss]),
  );
  const trainer = describeTrainer(settings);
  const steps = trainer.measuredSteps(settings, trainRecords);
  return {
    kind: 'complete',
    steps: steps.at(-1) ?? 0,
    seconds: 0.1,
    digest,
    curve: steps.map((step) => ({
      step,
      metrics: {
        ...trainer.progressAt(trialSettings(settings, params), trainRecords, step),
        ...metrics,
      },
    })),
    validationCorrect: new Uint8Array(50).fill(2 ** correct - 1),
  };
}
