/**
 * One worker behind a network that can be cut, and a study of three trials of about half a second: what
 * happens to the one that it trains?
 */
import { readFileSync } from 'node:fs';
import { writeStudy, type OnEnd, type Running } from '../support/processes.ts';
import { check, type Findings } from './checker.ts';
import { FaultCluster, type Worker } from './fault-cluster.ts';
import { TcpProxy } from './tcp-proxy.ts';

export interface Rig {
  readonly cluster: FaultCluster;
  readonly coordinator: Running;
  readonly proxy: TcpProxy;
  /** Behind the proxy. */
  readonly worker: Worker;
  /** Waits until a worker trains the trial. @param by the one behind the proxy where it is left out */
  trains(trial: string, by?: Worker): Promise<void>;
  /** Waits for the study's end, and looks. @param coordinator the one that runs by now */
  finish(coordinator?: Running): Promise<Findings>;
}

interface RigOptions {
  readonly onEnd: OnEnd;
  readonly leaseSeconds: number;
  readonly cycles?: number;
}

export async function networkRig(options: RigOptions): Promise<Rig> {
  const { onEnd, leaseSeconds, cycles = 15 } = options;
  const cluster = await FaultCluster.make({ onEnd, leaseSeconds });
  const study = { name: 'network', trials: 3, cycles, hidden: 64, coarseOnly: true };
  const coordinator = await cluster.coordinator(writeStudy(cluster.dir, study));
  const proxy = await TcpProxy.start(cluster.address);
  onEnd(() => proxy[Symbol.asyncDispose]());
  const line = readFileSync(cluster.joinFile, 'utf8').replace(cluster.address, proxy.address);
  const worker = cluster.worker({ join: '-', input: line });
  return {
    cluster,
    coordinator,
    proxy,
    worker,
    trains: async (trial, by = worker) =>
      void (await by.running.says(new RegExp(`"pack":"[0-9a-f]+:${trial}#\\d+","msg":"training"`))),
    finish: async (last = coordinator) => {
      await last.says(/network is complete/);
      last.kill('SIGTERM');
      await last.finished;
      return check(cluster.state, 'network', cluster.books);
    },
  };
}

/** The outcomes of a trial's attempts to search, in order. */
export function outcomesOf({ attempts }: Findings, trial: string): (string | null)[] {
  return attempts
    .filter((attempt) => attempt.trial === trial && attempt.kind === 'search')
    .map(({ outcome }) => outcome);
}
