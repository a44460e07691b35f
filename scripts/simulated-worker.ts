/**
 * A worker without threads, for load on a coordinator: the real session over the real connection,
 * with trials that cost nothing. It takes every data set for fetched, and makes results up.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { sha256 } from '../src/base/digest.ts';
import type { JoinTarget } from '../src/rpc/credentials/join-string.ts';
import type { Assignment, CoordinatorMessage } from '../src/rpc/messages/messages.ts';
import { connectSession, type WorkerStream } from '../src/rpc/client/session-client.ts';
import { trialName, type TrialResult } from '../src/study/trial.ts';
import { selfTestDigest } from '../src/trainers/two-layer/arithmetic-self-test.ts';
import { WorkerSession, type SessionEffect } from '../src/worker/session.ts';

const heartbeatMs = 5_000;

export interface SimulatedWorkerOptions {
  readonly index: number;
  readonly join: JoinTarget;
  readonly threads: number;
  /** How long a pack takes. */
  readonly packMs: () => number;
  /** One of its results was answered. */
  readonly onAnswer: (answer: string) => void;
  /** From a pack's end to the assignment of the next one. */
  readonly onDispatch: (waitedMs: number) => void;
}

export class SimulatedWorker {
  readonly #options: SimulatedWorkerOptions;
  readonly #session: WorkerSession;
  readonly #stream: WorkerStream;
  readonly #heartbeat: NodeJS.Timeout;
  /** Ends of packs whose threads have not been given another one. */
  readonly #endedMs: number[] = [];

  private constructor(options: SimulatedWorkerOptions, stream: WorkerStream) {
    const { index, threads } = options;
    this.#options = options;
    this.#stream = stream;
    this.#session = new WorkerSession({
      session: `simulated-${process.pid}-${index}`,
      name: `node-${index}`,
      version: '0.0.0',
      threads,
      packMax: 8,
      kernel: 'portable',
      selfTestDigest,
    });
    stream.onMessage((message) => this.#received(message));
    stream.onClosed((error) => {
      clearInterval(this.#heartbeat);
      if (error !== null) process.stderr.write(`node-${index}: ${error.message}\n`);
    });
    stream.send(this.#session.hello(new Map()));
    // Spread, as the heartbeats of machines are.
    this.#heartbeat = setInterval(
      () => this.#perform(this.#session.heartbeat(new Map())),
      heartbeatMs * (0.9 + 0.2 * Math.random()),
    );
  }

  static async join(options: SimulatedWorkerOptions): Promise<SimulatedWorker> {
    const stream = await connectSession(options.join, { timeoutMs: 30_000 });
    return new SimulatedWorker(options, stream);
  }

  leave(): void {
    clearInterval(this.#heartbeat);
    this.#stream.close();
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
      if (effect.kind === 'send') this.#stream.send(effect.message);
      else if (effect.kind === 'fetch') this.#perform(this.#session.datasetReady(effect.dataset));
      else if (effect.kind === 'train') void this.#train(effect.assignment);
    }
  }

  async #train(assignment: Assignment): Promise<void> {
    const packMs = this.#options.packMs();
    if (packMs > 0) await sleep(packMs);
    const results = assignment.members.map(({ key, lambda }) =>
      resultOf(`${key.study} ${trialName(key.trial)}`, lambda),
    );
    this.#endedMs.push(performance.now());
    this.#perform(this.#session.packEnded(assignment.pack, results));
  }
}

/** The same trial has the same result on every worker, as it must. */
function resultOf(trial: string, lambda: number): TrialResult {
  const loss = 1 + Math.abs(Math.log10(lambda) + 4) / 10;
  const measured = {
    epoch: 1,
    learningRate: 1e-3,
    trainLoss: loss,
    trainCost: loss,
    trainAccuracy: 1 / loss,
    validationLoss: loss,
    validationCost: loss,
    validationAccuracy: 1 / loss,
    testLoss: null,
    testAccuracy: null,
  };
  return {
    kind: 'complete',
    steps: 200,
    seconds: 0.1,
    digest: sha256(trial),
    curve: [
      { step: 100, ...measured },
      { step: 200, ...measured },
    ],
    validationCorrect: new Uint8Array(50),
  };
}
