/**
 * A coordinator with everything around it: store, certificates, tokens, gRPC server, join files.
 * `run` and `coordinator` differ only in what they do with it.
 */
import { hostname } from 'node:os';
import { systemClock } from '../../base/clock.ts';
import type { DispatcherSettings } from '../../coordinator/core/state/cluster-state.ts';
import { Coordinator } from '../../coordinator/shell/coordinator-server.ts';
import { clusterHandlers, controlHandlers } from '../../coordinator/shell/rpc-handlers.ts';
import { requireAddress } from '../../rpc/credentials/address.ts';
import { loadOrCreateAuthority } from '../../rpc/credentials/authority.ts';
import { writeJoinFiles } from '../../rpc/credentials/join-files.ts';
import { formatJoin } from '../../rpc/credentials/join-string.ts';
import { requirePrivateDirectory } from '../../rpc/credentials/private-file.ts';
import { startRpcServer } from '../../rpc/server/rpc-server.ts';
import { openTokens } from '../../rpc/credentials/tokens.ts';
import { openStore, type Store } from '../../store/sqlite/open-store.ts';
import { selfTestDigest } from '../../trainers/two-layer/arithmetic-self-test.ts';
import { dataDirOf, failpointFrom, type CommonFlags, type Context } from '../process/context.ts';
import { endProcessWith } from '../process/report-error.ts';
import { startDashboard, type Dashboard } from './dashboard.ts';

export interface ServeOptions {
  readonly context: Context;
  readonly flags: CommonFlags & {
    readonly listen: string;
    readonly advertise?: string;
    readonly http?: string;
  };
  readonly stateDir: string;
  readonly leaseMs: number;
  /** A study that will be submitted afresh: what is stored of it is not gone on with. */
  readonly startsAfresh: string | null;
  readonly dispatch?: Pick<DispatcherSettings, 'onlyStudy' | 'threadsExpected'>;
}

export interface RunningCluster {
  readonly coordinator: Coordinator;
  /** Where it listens, HOST:PORT. */
  readonly address: string;
  readonly workerJoinFile: string;
  /** The worker's join string over loopback, for local workers. */
  readonly localJoin: string;
  /** Prints nothing itself: the address and the link are the command's to show. Null without `--http`. */
  readonly dashboard: Dashboard | null;
  stop(reason: string): Promise<void>;
}

const heartbeatMs = 5_000;
/** How long leases of a closed stream wait for the same session. */
const reconnectMs = 1_000;
const forgetMs = 600_000;

/** Whatever was opened before something failed is closed again. */
export async function serveCluster(options: ServeOptions): Promise<RunningCluster> {
  const { context, flags, stateDir } = options;
  requireAddress('--listen', flags.listen);
  requirePrivateDirectory(stateDir);
  const http = flags.http === undefined ? null : requireAddress('--http', flags.http);
  await using opened = new AsyncDisposableStack();
  const store = opened.use(openStore(stateDir, { owner: `pid ${process.pid} on ${hostname()}` }));
  const coordinator = await startCoordinator(options, store);
  opened.defer(() => coordinator.stop('the coordinator has stopped'));
  const authority = await loadOrCreateAuthority(stateDir, systemClock.wallMs());
  const tokens = openTokens(stateDir);
  const server = opened.use(
    await startRpcServer(flags.listen, {
      authority,
      tokens,
      cluster: clusterHandlers(coordinator),
      control: controlHandlers(coordinator),
      version: context.version,
      clock: systemClock,
      advertise: flags.advertise ?? null,
      onRefused: (what) => context.log.warn(`connection refused: ${what}`),
    }),
  );
  const files = writeJoinFiles(
    stateDir,
    tokens,
    server.addresses,
    authority.caPin,
    systemClock.wallMs(),
  );
  store.writeOwner(`pid ${process.pid} on ${hostname()}, listening on ${server.addresses.local}`);
  const dashboard =
    http === null ? null : opened.use(await startDashboard(http, coordinator, tokens, context));
  const running = opened.move();
  return {
    coordinator,
    address: server.addresses.advertised,
    workerJoinFile: files.workerPath,
    localJoin: formatJoin(files.localWorker),
    dashboard,
    stop: async (reason) => {
      // While it still knows its workers.
      await dashboard?.[Symbol.asyncDispose]();
      coordinator.stop(reason);
      await running.disposeAsync();
    },
  };
}

async function startCoordinator(
  { context, flags, leaseMs, startsAfresh, dispatch }: ServeOptions,
  store: Store,
): Promise<Coordinator> {
  return await Coordinator.start({
    store,
    settings: {
      leaseMs,
      heartbeatMs: Math.min(heartbeatMs, leaseMs / 4),
      reconnectMs,
      forgetMs,
      selfTestDigest: selfTestDigest,
      version: context.version,
      ...dispatch,
    },
    dataDir: dataDirOf(context, flags),
    clock: systemClock,
    log: context.log,
    endProcess: (error) => endProcessWith(error, context),
    reached: failpointFrom(context),
    startsAfresh,
  });
}
