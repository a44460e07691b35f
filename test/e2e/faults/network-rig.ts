/**
 * Network rig: one worker behind a proxy that can cut the connection, and a study of three trials that
 * take about half a second each.
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
  /** Waits until a worker trains the trial. @param by the worker; default: the one behind the proxy */
  trains(trial: string, by?: Worker): Promise<void>;
  /** Waits until the study ends, and checks the store. @param coordinator the running one, if it was restarted */
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
      void (await by.running.prints(
        new RegExp(`"pack":"[0-9a-f]+:${trial}#\\d+","msg":"training"`),
      )),
    finish: async (last = coordinator) => {
      await last.prints(/network is complete/);
      last.kill('SIGTERM');
      await last.finished;
      return check(cluster.state, 'network', cluster.books);
    },
  };
}

/** Outcomes of a trial's search attempts, in order. */
export function searchOutcomes({ attempts }: Findings, trial: string): (string | null)[] {
  return attempts
    .filter((attempt) => attempt.trial === trial && attempt.kind === 'search')
    .map(({ outcome }) => outcome);
}
