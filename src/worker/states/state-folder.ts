/**
 * State folder: states of trials on disk, in a folder of this process that only its user may read.
 *
 * The least recently used states are removed if the folder would exceed its limit. A file is written under
 * another name and renamed, and its digest is verified when it is read. The states of a process that was
 * killed are taken over by the next one that starts. The disk is an optimization: if it cannot be used, one
 * warning says so, and trials are trained from their first step.
 */
import { randomUUID } from 'node:crypto';
import { open, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../../base/digest.ts';
import { errorMessage } from '../../base/errors.ts';
import { tryLock, type LockAttempt } from '../../base/file-lock.ts';
import { makeFolders } from '../../base/make-folders.ts';
import { systemClock } from '../../base/clock.ts';
import type { KeptState, StateScope } from './state-keys.ts';

/** The first line of a file. */
interface Head extends StateScope {
  readonly seconds: number;
  readonly sha256: string;
}

interface StateFile extends StateScope {
  readonly bytes: number;
}

/** States of killed processes that were not used for this long are removed. */
const unusedMs = 7 * 24 * 60 * 60 * 1_000;
const stateFile = /^(?<name>[0-9a-f]{64})\.state$/;
const headBytesMax = 4_096;

export class StateFolder implements AsyncDisposable {
  readonly #parent: string;
  readonly #path: string;
  readonly #bytesMax: number;
  readonly #warn: (text: string) => void;
  /** By name, in the order of their last use. */
  readonly #files = new Map<string, StateFile>();
  #bytes = 0;
  #lock: Extract<LockAttempt, { kind: 'locked' }> | null = null;
  #hasWarned = false;

  /**
   * @param parent created when the first state is written
   * @param warn   called once if the folder cannot be used
   */
  constructor(parent: string, bytesMax: number, warn: (text: string) => void) {
    this.#parent = parent;
    this.#path = join(parent, randomUUID());
    this.#bytesMax = bytesMax;
    this.#warn = warn;
  }

  /** Takes over the states of processes that were killed. */
  async takeOver(): Promise<void> {
    await this.#try('read', async () => {
      for (const { name, isDirectory } of await entriesOf(this.#parent))
        if (isDirectory) await this.#takeFolder(join(this.#parent, name));
      await this.#makeRoom(0);
    });
  }

  get bytes(): number {
    return this.#bytes;
  }

  has(name: string): boolean {
    return this.#files.has(name);
  }

  /** Names of the states of a stage. */
  namesOf({ study, stage }: StateScope): string[] {
    return [...this.#files]
      .filter(([, file]) => file.study === study && file.stage === stage)
      .map(([name]) => name);
  }

  scopes(): StateScope[] {
    return [...this.#files.values()].map(({ study, stage }) => ({ study, stage }));
  }

  async write(name: string, { study, stage }: StateScope, state: KeptState): Promise<void> {
    const { bytes, seconds } = state;
    await this.#try('written', async () => {
      await this.remove(name);
      const head: Head = { study, stage, seconds, sha256: sha256(bytes) };
      const line = Buffer.from(`${JSON.stringify(head)}\n`);
      const size = line.length + bytes.length;
      if (size > this.#bytesMax) return;
      await this.#makeRoom(size);
      this.#open();
      const partial = join(this.#path, `${name}.tmp`);
      try {
        await writeFile(partial, [line, bytes], { mode: 0o600 });
        await rename(partial, this.#pathOf(name));
      } catch (error) {
        await rm(partial, { force: true }).catch(() => undefined);
        throw error;
      }
      this.#add(name, { study, stage, bytes: size });
    });
  }

  /** @returns null if there is no such state, or if its file is damaged */
  async read(name: string): Promise<KeptState | null> {
    const file = this.#files.get(name);
    if (file === undefined) return null;
    let found: KeptState | null = null;
    await this.#try('read', async () => {
      found = decode(await readFile(this.#pathOf(name)));
    });
    if (found === null) await this.remove(name);
    else this.#add(name, file);
    return found;
  }

  async remove(name: string): Promise<void> {
    const file = this.#files.get(name);
    if (file === undefined) return;
    this.#files.delete(name);
    this.#bytes -= file.bytes;
    await rm(this.#pathOf(name), { force: true }).catch(() => undefined);
  }

  /** Removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#path, { recursive: true, force: true }).catch(() => undefined);
    this.#files.clear();
    this.#bytes = 0;
    try {
      this.#lock?.[Symbol.dispose]();
    } catch {
      // The next process removes the lock.
    }
  }

  #pathOf(name: string): string {
    return join(this.#path, `${name}.state`);
  }

  #add(name: string, file: StateFile): void {
    this.#bytes += file.bytes - (this.#files.get(name)?.bytes ?? 0);
    this.#files.delete(name);
    this.#files.set(name, file);
  }

  async #makeRoom(bytes: number): Promise<void> {
    for (const name of this.#files.keys()) {
      if (this.#bytes + bytes <= this.#bytesMax) return;
      await this.remove(name);
    }
  }

  #open(): void {
    if (this.#lock === null) {
      makeFolders(this.#parent, 0o700);
      const lock = tryLock(lockOf(this.#path));
      if (lock.kind === 'locked') this.#lock = lock;
    }
    makeFolders(this.#path, 0o700);
  }

  async #takeFolder(folder: string): Promise<void> {
    const lock = tryLock(lockOf(folder));
    if (lock.kind === 'held') return;
    try {
      const files = await statesIn(folder);
      for (const { path, name, usedMs, ...file } of files) {
        if (systemClock.wallMs() - usedMs > unusedMs) continue;
        this.#open();
        await rename(path, this.#pathOf(name));
        this.#add(name, file);
      }
      await rm(folder, { recursive: true, force: true });
    } finally {
      lock[Symbol.dispose]();
    }
  }

  async #try(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#hasWarned) return;
      this.#hasWarned = true;
      this.#warn(
        `States of trials cannot be ${what} in ${this.#parent}: ${errorMessage(error)}. Trials whose state is lost are trained from their first step.`,
      );
    }
  }
}

const lockOf = (folder: string): string => `${folder}.lock`;

function decode(content: Buffer): KeptState | null {
  const head = readHead(content);
  if (head === null) return null;
  const start = content.indexOf(10) + 1;
  const { buffer, byteOffset, length } = content;
  const bytes = new Uint8Array(buffer, byteOffset + start, length - start);
  return sha256(bytes) === head.sha256 ? { bytes, seconds: head.seconds } : null;
}

function readHead(content: Uint8Array): Head | null {
  try {
    const text = Buffer.from(content.subarray(0, content.indexOf(10))).toString();
    const head: Partial<Record<keyof Head, unknown>> = JSON.parse(text);
    const { study, stage, seconds, sha256: digest } = head;
    return typeof study === 'string' &&
      typeof stage === 'string' &&
      typeof seconds === 'number' &&
      typeof digest === 'string'
      ? { study, stage, seconds, sha256: digest }
      : null;
  } catch {
    return null;
  }
}

/** The states in a folder of another process, least recently used first. */
async function statesIn(folder: string) {
  const found = [];
  for (const { name: file } of await entriesOf(folder)) {
    const name = stateFile.exec(file)?.groups?.['name'];
    if (name === undefined) continue;
    const path = join(folder, file);
    const head = await readFirstLine(path);
    if (head === null) continue;
    const { size: bytes, mtimeMs: usedMs } = await stat(path);
    found.push({ path, name, study: head.study, stage: head.stage, bytes, usedMs });
  }
  return found.toSorted((a, b) => a.usedMs - b.usedMs);
}

async function readFirstLine(path: string): Promise<Head | null> {
  await using file = await open(path, 'r');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytesMax), 0, headBytesMax, 0);
  return readHead(buffer.subarray(0, bytesRead));
}

/** Empty if there is no such folder. */
async function entriesOf(folder: string) {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.map((entry) => ({ name: entry.name, isDirectory: entry.isDirectory() }));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
