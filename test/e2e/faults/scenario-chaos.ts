/**
 * Chaos: three worker processes, each behind a separate proxy, with random faults: they are killed,
 * suspended, drained, cut off and frozen, one fault after another, and restarted under their names.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as timeout } from 'node:timers/promises';
import { ridgeline, writeStudy, type OnEnd } from '../support/processes.ts';
import { Books } from './books.ts';
import { check, type Findings } from './checker.ts';
import { FaultCluster, type Worker } from './fault-cluster.ts';
import { TcpProxy } from './tcp-proxy.ts';

export interface ChaosOptions {
  readonly onEnd: OnEnd;
  /** In [0, 1). */
  readonly random: () => number;
  readonly minutes: number;
  readonly trials: number;
}

export interface Chaos {
  readonly findings: Findings;
  /** Number of faults by kind. */
  readonly faults: ReadonlyMap<string, number>;
  /** Digest by trial of the same study, trained without faults. */
  readonly undisturbed: ReadonlyMap<string, string>;
}

const leaseSeconds = 10;

export async function chaos({ onEnd, random, minutes, trials }: ChaosOptions): Promise<Chaos> {
  const cluster = await FaultCluster.make({ onEnd, leaseSeconds });
  const study = writeStudy(cluster.dir, { name: 'chaos', trials, cycles: 40, hidden: 64 });
  const undisturbed = await trainUndisturbed(study, join(cluster.dir, 'undisturbed'), onEnd);
  const coordinator = await cluster.coordinator(study);
  const machines = await Promise.all(
    ['w1', 'w2', 'w3'].map((name) => Machine.start(name, cluster, { onEnd, random })),
  );
  const faults = new Map<string, number>();
  const isComplete = (): boolean => coordinator.stderr.includes('chaos is complete');
  const endMs = Date.now() + minutes * 60_000;
  while (Date.now() < endMs && !isComplete()) {
    await timeout(500 + random() * 4_500);
    const machine = machines[Math.floor(random() * machines.length)];
    const kind = machine?.fault();
    if (kind !== undefined) faults.set(kind, (faults.get(kind) ?? 0) + 1);
  }
  await coordinator.prints(/chaos is complete/);
  for (const machine of machines) machine.end();
  coordinator.kill('SIGTERM');
  await coordinator.finished;
  return { findings: check(cluster.state, 'chaos', cluster.books), faults, undisturbed };
}

async function trainUndisturbed(
  study: string,
  state: string,
  onEnd: OnEnd,
): Promise<Map<string, string>> {
  const run = await ridgeline(['run', study, '--state', state, '--format', 'json'], { onEnd });
  if (run.code !== 0) throw new Error(`the undisturbed run: ${run.code}\n${run.stderr}`);
  const { trials } = check(state, 'chaos', new Books());
  return new Map(trials.map(({ name, digest }) => [name, digest ?? 'none']));
}

/** A worker process under a supervisor that restarts it. */
class Machine {
  readonly #name: string;
  readonly #cluster: FaultCluster;
  readonly #proxy: TcpProxy;
  readonly #random: () => number;
  #worker: Worker;
  #isEnded = false;

  private constructor(name: string, cluster: FaultCluster, proxy: TcpProxy, random: () => number) {
    this.#name = name;
    this.#cluster = cluster;
    this.#proxy = proxy;
    this.#random = random;
    this.#worker = this.#start();
  }

  static async start(
    name: string,
    cluster: FaultCluster,
    { onEnd, random }: Pick<ChaosOptions, 'onEnd' | 'random'>,
  ): Promise<Machine> {
    const proxy = await TcpProxy.start(cluster.address);
    onEnd(() => proxy[Symbol.asyncDispose]());
    return new Machine(name, cluster, proxy, random);
  }

  end(): void {
    this.#isEnded = true;
    this.#worker.running.kill('SIGKILL');
  }

  /** @returns the kind of the fault */
  fault(): string {
    const draw = this.#random();
    const { running } = this.#worker;
    if (draw < 0.35) {
      running.kill('SIGKILL');
      return 'killed';
    }
    if (draw < 0.5) {
      running.kill('SIGSTOP');
      this.#later(() => running.kill('SIGCONT'));
      return 'suspended';
    }
    if (draw < 0.65) {
      running.kill('SIGTERM');
      return 'drained';
    }
    if (draw < 0.85) {
      this.#proxy.cut();
      return 'cut off';
    }
    this.#proxy.freeze();
    this.#later(() => this.#proxy.thaw());
    return 'frozen';
  }

  /** After up to one and a half leases. */
  #later(run: () => void): void {
    setTimeout(run, this.#random() * 1_500 * leaseSeconds).unref();
  }

  #start(): Worker {
    const { joinFile, address } = this.#cluster;
    const input = readFileSync(joinFile, 'utf8').replace(address, this.#proxy.address);
    const args = ['--grace', '2'];
    const worker = this.#cluster.worker({ name: this.#name, join: '-', input, args });
    void this.#restart(worker);
    return worker;
  }

  async #restart({ running }: Worker): Promise<void> {
    await running.finished;
    await timeout(this.#random() * 2_000, null, { ref: false });
    if (!this.#isEnded) this.#worker = this.#start();
  }
}
