/**
 * Join files: the join strings that a coordinator writes to its state directory. Commands on the same
 * machine read `admin.join`; `worker.join` is for workers.
 *
 * Their tokens stay the same when the coordinator restarts, so that its workers can connect again.
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
  /** `worker` with the local address, for workers on this machine. */
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
  const text = readPrivateFile(path) ?? '';
  try {
    const { tokenId, secret } = parseJoin(text);
    const verdict = tokens.verify(tokenId, secret, nowMs);
    if (verdict.kind === 'valid' && verdict.token.role === role) return { tokenId, secret };
  } catch {
    // The file is missing, damaged, or of another version: it is replaced.
  }
  const { token, secret } = tokens.create(role, nowMs, null);
  return { tokenId: token.id, secret };
}

/** @throws RidgelineError COORDINATOR_UNREACHABLE if no coordinator has started there */
export function readAdminJoin(stateDir: string): JoinTarget {
  const text = readPrivateFile(joinFilePath(stateDir, 'admin'));
  if (text !== null) return parseJoin(text);
  throw new RidgelineError(
    'COORDINATOR_UNREACHABLE',
    `No coordinator has been started with the state directory ${stateDir}.`,
    'Start one with `ridgeline coordinator`, or pass the --state or the join string (--coordinator) of a running one.',
  );
}
