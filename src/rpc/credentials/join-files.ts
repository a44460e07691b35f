/**
 * Join files: the join strings that a coordinator writes to its keys directory. Commands on the same
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
  keysDir: string,
  tokens: TokenFile,
  addresses: ReachableAddresses,
  caPin: string,
  nowMs: number,
): JoinFiles {
  const write = (role: Role, address: string): JoinTarget => {
    const path = joinFilePath(keysDir, role);
    const target = { address, caPin, ...keptOrNewToken(path, tokens, role, nowMs) };
    writePrivateFile(path, `${formatJoin(target)}\n`);
    return target;
  };
  const worker = write('worker', addresses.advertised);
  return {
    admin: write('admin', addresses.local),
    worker,
    workerPath: joinFilePath(keysDir, 'worker'),
    localWorker: { ...worker, address: addresses.local },
  };
}

export function joinFilePath(keysDir: string, role: Role): string {
  return join(keysDir, `${role}.join`);
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
export function readAdminJoin(keysDir: string): JoinTarget {
  const text = readPrivateFile(joinFilePath(keysDir, 'admin'));
  if (text !== null) return parseJoin(text);
  throw new RidgelineError(
    'COORDINATOR_UNREACHABLE',
    `No coordinator has been started with the state directory ${keysDir}.`,
    'Start one with `ridgeline coordinator`, or pass the --state (and --keys, if it has that option) or the join string (--coordinator) of a running one.',
  );
}
