/**
 * Lock owner: a file that names the process that holds the state directory, for people and for other
 * processes. The file remains after a crash.
 *
 * Some network file systems grant each machine the same lock. There, a second process sees that the owner is
 * alive: on this machine by its process, on another one by the time of the file, which its owner renews. If a
 * second process takes the directory nevertheless, the first one finds the other's id and stops.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fromFileSystem } from './sqlite-errors.ts';

export interface Owner {
  /** For people: "ridgeline run (pid 123 on host)". */
  readonly text: string;
  /** Null in a file of an earlier release. */
  readonly token: OwnerToken | null;
}

interface OwnerToken {
  /** Random. */
  readonly id: string;
  /** Id of the running system, which changes at each start of the machine; null if unknown. */
  readonly boot: string | null;
  readonly pid: number;
  /** Start of the process, as Linux counts it, so that a later process with the same pid differs; null if unknown. */
  readonly start: string | null;
  /** Device and inode of the directory, so that a copy of the directory differs. */
  readonly place: string;
}

/** How often an owner renews the time of its file. */
export const beatMs = 2_000;
/** How long a process waits for a sign of an owner on another machine. */
const signMs = 2.5 * beatMs;
const lookMs = 250;

export class OwnerFile {
  readonly #path: string;
  readonly #token: OwnerToken;
  #isWritten = false;

  constructor(stateDir: string) {
    this.#path = ownerPath(stateDir);
    this.#token = {
      id: randomUUID(),
      boot: bootId(),
      pid: process.pid,
      start: processStart(process.pid),
      place: placeOf(stateDir),
    };
  }

  /** Keeps the file of a process that has replaced this one's. @throws RidgelineError STATE_UNWRITABLE */
  write(text: string): void {
    if (this.#isWritten && this.replacedBy() !== null) return;
    this.#isWritten = true;
    try {
      writeFileSync(this.#path, `${text}\n${JSON.stringify(this.#token)}\n`, { mode: 0o600 });
    } catch (error) {
      throw fromFileSystem(error, this.#path);
    }
  }

  /** The process that has replaced the file; null if it is still this one's, or gone. */
  replacedBy(): string | null {
    const owner = readOwner(dirname(this.#path));
    return owner === null || owner.token?.id === this.#token.id ? null : owner.text;
  }

  /** Shows other machines that this process is alive. */
  beat(): void {
    try {
      const now = new Date();
      if (this.replacedBy() === null) utimesSync(this.#path, now, now);
    } catch {
      // The file is gone, or the disk refuses.
    }
  }

  remove(): void {
    if (this.replacedBy() === null) rmSync(this.#path, { force: true });
  }
}

/** Null without a file, or with an empty one. */
export function readOwner(stateDir: string): Owner | null {
  let text: string;
  try {
    text = readFileSync(ownerPath(stateDir), 'utf8');
  } catch {
    return null;
  }
  const [name = '', token = ''] = text.trim().split('\n');
  return name === '' ? null : { text: name, token: parseToken(token) };
}

/**
 * Whether the owner is alive, though this process has got the lock. Waits some seconds for an owner on another
 * machine.
 */
export async function isAlive(
  { token }: Owner,
  stateDir: string,
  waitMs = signMs,
): Promise<boolean> {
  if (token === null) return false;
  if (token.boot === bootId()) {
    // The locks of one machine have effect in most file systems, so a process of another container is no owner.
    const isSame = token.place === placeOf(stateDir) && token.pid !== process.pid;
    return isSame && token.start !== null && processStart(token.pid) === token.start;
  }
  const path = ownerPath(stateDir);
  const before = modifiedMs(path);
  const endMs = performance.now() + waitMs;
  while (performance.now() < endMs) {
    await delay(lookMs);
    if (modifiedMs(path) !== before) return true;
  }
  return false;
}

function ownerPath(stateDir: string): string {
  return join(stateDir, 'lock.owner');
}

function parseToken(text: string): OwnerToken | null {
  try {
    const token: OwnerToken = JSON.parse(text);
    return token;
  } catch {
    return null;
  }
}

function modifiedMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function placeOf(dir: string): string {
  const { dev, ino } = statSync(dir);
  return `${dev} ${ino}`;
}

function bootId(): string | null {
  return readText('/proc/sys/kernel/random/boot_id')?.trim() ?? null;
}

function processStart(pid: number): string | null {
  // The name of the program, in parentheses, may have spaces.
  const stat = readText(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
