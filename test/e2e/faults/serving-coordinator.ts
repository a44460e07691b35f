/**
 * A coordinator in this process, with its real store and its real gRPC server, so that a test may
 * stand between it and its workers; and workers that are only a conversation.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { systemClock } from '../../../src/base/clock.ts';
import { loadStudy } from '../../../src/config/load-study.ts';
import { Coordinator } from '../../../src/coordinator/shell/coordinator-server.ts';
import { clusterHandlers, controlHandlers } from '../../../src/coordinator/shell/rpc-handlers.ts';
import { loadOrCreateAuthority } from '../../../src/rpc/credentials/authority.ts';
import type { ClusterHandlers } from '../../../src/rpc/messages/control-messages.ts';
import { writeJoinFiles } from '../../../src/rpc/credentials/join-files.ts';
import { formatJoin, type JoinTarget } from '../../../src/rpc/credentials/join-string.ts';
import { startRpcServer } from '../../../src/rpc/server/rpc-server.ts';
import { openTokens } from '../../../src/rpc/credentials/tokens.ts';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import { selfTestDigest } from '../../../src/trainers/two-layer/arithmetic-self-test.ts';
import type { OnEnd } from '../support/processes.ts';

export interface ServingCoordinator {
  readonly coordinator: Coordinator;
  readonly join: JoinTarget;
  readonly joinText: string;
}

/** @param between what a test does to the handlers that workers reach */
export async function serveCoordinator(
  dir: string,
  studyFile: string,
  onEnd: OnEnd,
  between: (handlers: ClusterHandlers) => ClusterHandlers,
): Promise<ServingCoordinator> {
  const stateDir = join(dir, 'state');
  mkdirSync(stateDir, { mode: 0o700 });
  const store = openStore(stateDir, { owner: 'the test' });
  const coordinator = await Coordinator.start({
    store,
    settings: {
      leaseMs: 20_000,
      heartbeatMs: 5_000,
      reconnectMs: 1_000,
      forgetMs: 600_000,
      selfTestDigest: selfTestDigest,
      version: '0.1.0',
    },
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
    control: controlHandlers(coordinator),
    version: '0.1.0',
    clock: systemClock,
    advertise: null,
    onRefused: () => undefined,
  });
  onEnd(async () => {
    coordinator.stop('the test has ended');
    await server[Symbol.asyncDispose]();
    store.close();
  });
  await coordinator.submit(await loadStudy(studyFile));
  const { worker } = writeJoinFiles(
    stateDir,
    tokens,
    server.addresses,
    authority.caPin,
    Date.now(),
  );
  return { coordinator, join: worker, joinText: formatJoin(worker) };
}
