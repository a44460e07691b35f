/**
 * Serving coordinator: a coordinator in the test's process, with a real store and gRPC server, so that a
 * test can change what workers receive.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { systemClock } from '../../../src/base/clock.ts';
import { loadStudy } from '../../../src/config/load-study.ts';
import { Coordinator } from '../../../src/coordinator/shell/coordinator-server.ts';
import { clusterHandlers, controlHandlers } from '../../../src/coordinator/shell/rpc-handlers.ts';
import { loadOrCreateAuthority } from '../../../src/rpc/credentials/authority.ts';
import { writeJoinFiles } from '../../../src/rpc/credentials/join-files.ts';
import { formatJoin, type JoinTarget } from '../../../src/rpc/credentials/join-string.ts';
import type { ClusterHandlers } from '../../../src/rpc/server/handlers.ts';
import { startRpcServer } from '../../../src/rpc/server/rpc-server.ts';
import { openTokens } from '../../../src/rpc/credentials/tokens.ts';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import { storedRanks } from '../../../src/search/ranking/ranking.ts';
import { describeTrainer } from '../../../src/trainers/registry.ts';
import { selfTestDigest } from '../../../src/trainers/two-layer/arithmetic-self-test.ts';
import { controlPorts } from '../../coordinator/support/small-cluster.ts';
import type { OnEnd } from '../support/processes.ts';

export interface ServingCoordinator {
  readonly coordinator: Coordinator;
  readonly join: JoinTarget;
  readonly joinText: string;
}

/** @param between changes the handlers of worker requests */
export async function serveCoordinator(
  dir: string,
  studyFile: string,
  onEnd: OnEnd,
  between: (handlers: ClusterHandlers) => ClusterHandlers,
): Promise<ServingCoordinator> {
  const stateDir = join(dir, 'state');
  mkdirSync(stateDir, { mode: 0o700 });
  const store = await openStore(stateDir, { owner: 'the test', rank: storedRanks });
  const coordinator = await Coordinator.start({
    store,
    settings: {
      leaseMs: 20_000,
      heartbeatMs: 5_000,
      reconnectMs: 1_000,
      forgetMs: 600_000,
      selfTestDigest,
      version: '0.1.0',
    },
    describeTrainer,
    dataDir: dir,
    clock: systemClock,
    log: pino({ level: 'silent' }),
    endProcess: (error) => {
      throw error;
    },
  });
  const authority = await loadOrCreateAuthority(stateDir, Date.now());
  const tokens = openTokens(stateDir);
  const server = await startRpcServer('127.0.0.1:0', {
    authority,
    tokens,
    cluster: between(clusterHandlers(coordinator)),
    control: controlHandlers(coordinator, controlPorts),
    version: '0.1.0',
    clock: systemClock,
    advertise: null,
    onRefused: () => undefined,
  });
  onEnd(async () => {
    await coordinator.stop('the test has ended');
    await server[Symbol.asyncDispose]();
    await store.close();
  });
  await coordinator.submit(await loadStudy(studyFile, describeTrainer));
  const { worker } = writeJoinFiles(
    stateDir,
    tokens,
    server.addresses,
    authority.caPin,
    Date.now(),
  );
  return { coordinator, join: worker, joinText: formatJoin(worker) };
}
