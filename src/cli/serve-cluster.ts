/**
 * A coordinator with everything around it: store, certificates, tokens, gRPC server, join files.
 * `run` and `coordinator` differ only in what they do with it.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { Coordinator } from '../coordinator/coordinator-server.ts';
import { clusterHandlers, controlHandlers } from '../coordinator/rpc-handlers.ts';
import { loadOrCreateAuthority } from '../rpc/authority.ts';
import { formatJoin } from '../rpc/join-string.ts';
import { startRpcServer } from '../rpc/rpc-server.ts';
import { openTokens } from '../rpc/tokens.ts';
import { openStore } from '../store/open-store.ts';
import { knownAnswer } from '../trainer/known-answer.ts';
import { dataDirOf, type CommonFlags, type Context } from './context.ts';

export interface ServeOptions {
  readonly context: Context;
  readonly flags: CommonFlags & { readonly listen: string; readonly advertise?: string };
  readonly stateDir: string;
  readonly leaseMs: number;
  /** A study to throw away before anything starts. */
  readonly removeFirst: string | null;
}

export interface RunningCluster {
  readonly coordinator: Coordinator;
  /** Where it listens, HOST:PORT. */
  readonly address: string;
  readonly workerJoinFile: string;
  /** The worker's join string over loopback, for local workers. */
  readonly localJoin: string;
  /** Resolves when no worker runs anything any more. */
  idle(): Promise<void>;
  stop(reason: string): Promise<void>;
}
