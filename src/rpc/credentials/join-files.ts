/**
 * The join strings that a coordinator leaves in its state directory: `admin.join` for commands on the
 * same machine, which find it through `--state`, and `worker.join` to be handed to workers.
 *
 * They keep their tokens from one start to the next, so that workers that have one join again.
 */
import { join } from 'node:path';
import { RidgelineError } from '../../base/errors.ts';
import type { ReachableAddresses } from './address.ts';
import { formatJoin, parseJoin, type JoinTarget } from './join-string.ts';
import { readPrivateFile, writePrivateFile } from './private-file.ts';
import type { Role, TokenFile } from './tokens.ts';

export interface JoinFiles {
  readonly admin: JoinTarget;
  readonly worker: JoinTarget;
  readonly workerPath: string;
  /** The worker's, for a worker on this machine. */
  readonly localWorker: JoinTarget;
}

export function writeJoinFiles(
  stateDir: string,
  tokens: TokenFile,
  addresses: ReachableAddresses,
  caPin: string,
  nowMs: number,
): JoinFiles {
  const write = (role: Role, address: string): JoinTarget => {
    const path = joinFilePath(stateDir, role);
    const target = { address, caPin, ...keptOrNewToken(path, tokens, role, nowMs) };
    writePrivateFile(path, `${formatJoin(target)}\n`);
    return target;
  };
  const worker = write('worker', addresses.advertised);
  return {
    admin: write('admin', addresses.local),
    worker,
    workerPath: joinFilePath(stateDir, 'worker'),
    localWorker: { ...worker, address: addresses.local },
  };
}

function joinFilePath(stateDir: string, role: Role): string {
  return join(stateDir, `${role}.join`);
}

function keptOrNewToken(path: string, tokens: TokenFile, role: Role, nowMs: number) {
  const kept = parseOrNull(readPrivateFile(path));
  if (kept !== null) {
    const verdict = tokens.verify(kept.tokenId, kept.secret, nowMs);
    if (verdict.kind === 'valid' && verdict.token.role === role) {
      return { tokenId: kept.tokenId, secret: kept.secret };
    }
  }
  const { token, secret } = tokens.create(role, nowMs, null);
  return { tokenId: token.id, secret };
}

function parseOrNull(text: string | null): JoinTarget | null {
  if (text === null) return null;
  try {
    return parseJoin(text);
  } catch {
    return null; // Of an older version, or damaged: it is written anew.
  }
}

/** How a command on the same machine finds its coordinator. */
export function readAdminJoin(stateDir: string): JoinTarget {
  const text = readPrivateFile(joinFilePath(stateDir, 'admin'));
  if (text !== null) return parseJoin(text);
  throw new RidgelineError(
    'COORDINATOR_UNREACHABLE',
    `No coordinator has left its address in ${stateDir}.`,
    'Start one with `ridgeline coordinator`, give its --state, or its join string with --coordinator.',
  );
}
