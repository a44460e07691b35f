/**
 * Cluster server: a coordinator with store, certificates, tokens, gRPC server, join files and dashboard.
 * `run` and `coordinator` both start one.
 */
import { join } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { errorMessage } from '../../base/errors.ts';
import { processLimits } from '../../base/machine-limits.ts';
import type { DispatcherSettings } from '../../coordinator/core/state/cluster-state.ts';
import { Coordinator } from '../../coordinator/shell/coordinator-server.ts';
import { UploadedFiles } from '../../coordinator/shell/uploaded-files.ts';
import {
  clusterHandlers,
  controlHandlers,
  type ControlPorts,
} from '../../coordinator/shell/rpc-handlers.ts';
import { garbageCollector } from '../../launch/process-flags.ts';
import { requireAddress } from '../../rpc/credentials/address.ts';
import { loadOrCreateAuthority } from '../../rpc/credentials/authority.ts';
import { writeJoinFiles } from '../../rpc/credentials/join-files.ts';
import { formatJoin } from '../../rpc/credentials/join-string.ts';
import { openTokens } from '../../rpc/credentials/tokens.ts';
import { startRpcServer } from '../../rpc/server/rpc-server.ts';
import { connectionsFor } from '../../rpc/server/server-limits.ts';
import type { Store } from '../../store/store.ts';
import { endingOwner } from '../../store/sqlite/lock.ts';
import { ownTokenId } from '../../study/own-token.ts';
import { describeTrainer } from '../../trainers/registry.ts';
import { selfTestDigest } from '../../trainers/two-layer/arithmetic-self-test.ts';
import {
  dataDirectory,
  failpointFrom,
  keysDirectory,
  ownerText,
  shardCacheDirectory,
  stateDirectory,
  type Context,
} from '../process/context.ts';
import type { ListenFlags } from '../process/options.ts';
import { exitWithError } from '../process/report-error.ts';
import { dashboardAddress, startDashboard, type Dashboard } from './dashboard.ts';
import { liveCluster } from './live-cluster.ts';
import { Referee } from './referee.ts';
import { readStudyFile } from './submitted-file.ts';
import { StudyFiles } from './study-files.ts';
import { openState } from './open-state.ts';

export interface ServeOptions {
  readonly context: Context;
  readonly flags: ListenFlags & { readonly cache?: string };
  /** A study that will be submitted with --fresh, so its stored state is not resumed. */
  readonly startsAfresh?: string | null;
  readonly dispatch?: Pick<DispatcherSettings, 'onlyStudy' | 'threadsExpected'>;
}

export interface RunningCluster {
  readonly coordinator: Coordinator;
  /** Where it listens, HOST:PORT. */
  readonly address: string;
  readonly workerJoinFile: string;
  /** Join string over loopback, for local workers. */
  readonly localJoin: string;
  /** Null without `--http`. The command prints its link. */
  readonly dashboard: Dashboard | null;
  /** Resolves when `ridgeline stop` asks this process to end. */
  readonly stopRequested: Promise<void>;
  /** Says that this process ends, to others that find the state directory in use. */
  announceEnd(): void;
  stop(reason: string): Promise<void>;
}

const heartbeatMs = 5_000;
/** A twentieth of a lease: how long leases of a closed stream wait for the same session. */
const reconnectShare = 20;
const reconnectMs = { min: 1_000, max: 10_000 };
const forgetMs = 600_000;
/** Between a request to stop and the end, so that the answer is sent. */
const answerMs = 200;

/** If it fails, everything that was opened is closed again. */
export async function serveCluster(options: ServeOptions): Promise<RunningCluster> {
  const { context, flags } = options;
  const keysDir = keysDirectory(context);
  requireAddress('--listen', flags.listen);
  const http = dashboardAddress(flags);
  await using opened = new AsyncDisposableStack();
  const store = await openState(context, opened);
  const referee = new Referee(context, flags);
  opened.defer(() => referee.stop());
  const coordinator = await startCoordinator(options, store, () => referee.start());
  opened.defer(() => coordinator.stop('the coordinator has stopped'));
  const authority = await loadOrCreateAuthority(keysDir, systemClock.wallMs());
  const tokens = openTokens(keysDir);
  const stopRequest = Promise.withResolvers<void>();
  const server = opened.use(
    await startRpcServer(flags.listen, {
      limits: connectionLimits(context),
      authority,
      tokens,
      cluster: clusterHandlers(coordinator),
      control: controlHandlers(coordinator, controlPorts(context, stopRequest.resolve)),
      version: context.version,
      clock: systemClock,
      advertise: flags.advertise ?? null,
      onRefused: (what) => context.log.warn(`connection refused: ${what}`),
    }),
  );
  const { addresses } = server;
  const wallMs = systemClock.wallMs();
  const files = writeJoinFiles(keysDir, tokens, addresses, authority.caPin, wallMs);
  const own = { tokenId: ownTokenId, secret: tokens.createOwn(wallMs) };
  referee.listening(formatJoin({ ...files.localWorker, ...own }));
  const owner = ownerText(context, `listening on ${addresses.local}`);
  await store.writeOwner(owner);
  const dashboard =
    http === null
      ? null
      : opened.use(await startDashboard(http, liveCluster(coordinator, tokens, context), context));
  const running = opened.move();
  const announceEnd = (): void => writeEnd(store, owner, context);
  return {
    coordinator,
    address: addresses.advertised,
    workerJoinFile: files.workerPath,
    localJoin: formatJoin(files.localWorker),
    dashboard,
    stopRequested: stopRequest.promise,
    announceEnd,
    stop: async (reason) => {
      announceEnd();
      // First, while its final events can still name the workers.
      await dashboard?.[Symbol.asyncDispose]();
      await coordinator.stop(reason);
      await running.disposeAsync();
    },
  };
}

function controlPorts(context: Context, stop: () => void): ControlPorts {
  const files = new StudyFiles(context);
  return {
    describeTrainer,
    stopCoordinator: () => setTimeout(stop, answerMs),
    readStudyFile,
    results: (request, signal) => files.results(request, signal),
  };
}

function writeEnd(store: Store, owner: string, { log }: Context): void {
  // A full disk must not change how the command ends.
  store.writeOwner(endingOwner(owner)).catch((error: unknown) => log.debug(errorMessage(error)));
}

function connectionLimits({ log }: Context) {
  const { openFiles } = processLimits();
  const { isLimited, ...limits } = connectionsFor(openFiles);
  if (isLimited)
    log.warn(
      `there is room for ${limits.sessions} workers: \`ulimit -n ${openFiles}\` limits open files`,
    );
  return limits;
}

async function startCoordinator(
  { context, flags, startsAfresh = null, dispatch }: ServeOptions,
  store: Store,
  startReferee: () => void,
): Promise<Coordinator> {
  const leaseMs = flags.lease * 1_000;
  const collectGarbage = garbageCollector();
  return await Coordinator.start({
    store,
    settings: {
      leaseMs,
      heartbeatMs: Math.min(heartbeatMs, leaseMs / 4),
      reconnectMs: Math.min(Math.max(leaseMs / reconnectShare, reconnectMs.min), reconnectMs.max),
      forgetMs,
      selfTestDigest,
      version: context.version,
      hasReferee: true,
      ...dispatch,
    },
    uploads: new UploadedFiles({
      directory: join(stateDirectory(context), 'uploads'),
      bytesMax: flags.stateMax,
      warn: (text) => context.log.warn(text),
    }),
    describeTrainer,
    dataDir: dataDirectory(context),
    cache: { dir: shardCacheDirectory(context, flags), warn: (text) => context.log.warn(text) },
    clock: systemClock,
    collectGarbage: () => collectGarbage(),
    log: context.log,
    endProcess: (error) => exitWithError(error, context),
    reached: failpointFrom(context),
    startReferee,
    startsAfresh,
  });
}
