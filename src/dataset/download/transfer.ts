/**
 * One file on its way from a server: resumes what was begun, verifies the checksum before the file gets
 * its name, and leaves nothing that could be mistaken for it.
 *
 * `FILE.partial` holds what came so far, `FILE.partial.json` from where, so that a later call goes on
 * only with the very same file of the very same server.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RidgelineError, messageOf } from '../../base/errors.ts';
import { getBytes } from './http-get.ts';

export interface TransferOptions {
  readonly signal: AbortSignal;
  /** @param totalBytes null where the server does not tell */
  readonly onProgress: (receivedBytes: number, totalBytes: number | null) => void;
  /** Doubles with every failure in a row. */
  readonly retryDelayMs?: number;
  readonly silenceMs?: number;
}

/** Failures in a row, none of which brought a byte, before it gives up. */
const failuresMax = 5;

export class Transfer {
  readonly #url: string;
  readonly #path: string;
  readonly #partial: string;
  readonly #options: TransferOptions;

  constructor(url: string, path: string, options: TransferOptions) {
    this.#url = url;
    this.#path = path;
    this.#partial = `${path}.partial`;
    this.#options = options;
  }

  /** Until every byte lies in the partial file, over as many connections as it takes. */
  async complete(): Promise<void> {
    const { signal, retryDelayMs = 1000 } = this.#options;
    await this.#onDisk(() => mkdir(dirname(this.#path), { recursive: true }));
    let failures = 0;
    for (;;) {
      const before = await this.#received();
      try {
        await this.#receive(before);
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof RidgelineError) throw error;
        failures = (await this.#received()) > before ? 1 : failures + 1;
        if (failures >= failuresMax) throw this.#gaveUp(failures, error);
        await delay(retryDelayMs * 2 ** (failures - 1), undefined, { signal });
      }
    }
  }

  /** Gives the file its name, if it is the right one. */
  async install(expected: string, isOfficialExpected: boolean): Promise<void> {
    const actual = await hashFile(this.#partial, this.#options.signal);
    if (actual !== expected) {
      await this.#discard();
      throw new RidgelineError(
        'DOWNLOAD_FAILED',
        `${this.#url} sent a file whose SHA-256 is ${actual} instead of ${expected}; it was removed.`,
        isOfficialExpected
          ? `Fetch again, from another source with --url; only if you know and want that file, add --sha256 ${actual}.`
          : 'Check --url and --sha256 against what the source publishes.',
      );
    }
    await this.#onDisk(async () => {
      await using handle = await open(this.#partial, 'r+');
      await handle.sync();
      await rename(this.#partial, this.#path);
      await rm(this.#origin(), { force: true });
    });
  }

  /** One connection: asks for what is missing and appends it. */
  async #receive(before: number): Promise<void> {
    const { signal, silenceMs = 30_000 } = this.#options;
    const validator = before > 0 ? await this.#validator() : null;
    const headers: Record<string, string> =
      validator === null ? {} : { range: `bytes=${before}-`, 'if-range': validator };
    const response = await getBytes(this.#url, { headers, signal, silenceMs });
    try {
      await this.#take(response, before);
    } finally {
      // Whatever was not read: a connection that nobody reads keeps the process until it is silent too long.
      response.destroy();
    }
  }

  async #take(response: IncomingMessage, before: number): Promise<void> {
    const status = response.statusCode ?? 0;
    if (status === 206) {
      const range = /^bytes (?<start>\d+)-\d+\/(?<total>\d+|\*)$/.exec(
        response.headers['content-range'] ?? '',
      );
      if (range?.groups?.['start'] === String(before)) {
        const total = range.groups['total'];
        await this.#append(response, before, total === '*' ? null : Number(total));
        return;
      }
    }
    // Everything was here already: the last call ended before it gave the file its name.
    if (status === 416 && response.headers['content-range'] === `bytes */${before}`) return;
    if (status === 206 || status === 416) {
      // Not the range that was asked for: what lies here does not fit that file.
      await this.#discard();
      throw new Error(`the server would not go on from byte ${before}`);
    }
    if (status !== 200) throw this.#refused(response, status);
    await this.#begin(response);
    const length = response.headers['content-length'];
    await this.#append(response, 0, length === undefined ? null : Number(length));
  }

  /** Starts anew, and notes what this file is for whoever resumes. */
  async #begin(response: IncomingMessage): Promise<void> {
    const { etag } = response.headers;
    // A weak tag does not promise equal bytes.
    const strong = etag !== undefined && !etag.startsWith('W/') ? etag : null;
    const validator = strong ?? response.headers['last-modified'] ?? null;
    await this.#onDisk(async () => {
      await writeFile(this.#partial, '');
      await writeFile(this.#origin(), JSON.stringify({ url: this.#url, validator }));
    });
  }

  async #append(response: IncomingMessage, before: number, total: number | null): Promise<void> {
    const { onProgress } = this.#options;
    const chunks: AsyncIterable<Uint8Array> = response;
    let received = before;
    onProgress(received, total);
    await using file = await this.#onDisk(() => open(this.#partial, 'a'));
    for await (const chunk of chunks) {
      await this.#onDisk(() => file.appendFile(chunk));
      received += chunk.length;
      onProgress(received, total);
    }
    if (total !== null && received !== total) {
      if (received > total) await this.#onDisk(() => truncate(this.#partial, 0));
      throw new Error(`the server sent ${received} of ${total} bytes`);
    }
  }

  /** The tag under which the partial file may be continued; null: it may not. */
  async #validator(): Promise<string | null> {
    try {
      const origin: unknown = JSON.parse(await readFile(this.#origin(), 'utf8'));
      if (typeof origin !== 'object' || origin === null) return null;
      const isSame = 'url' in origin && origin.url === this.#url;
      return isSame && 'validator' in origin && typeof origin.validator === 'string'
        ? origin.validator
        : null;
    } catch {
      return null; // No or a damaged note: start anew.
    }
  }

  #origin(): string {
    return `${this.#partial}.json`;
  }

  async #received(): Promise<number> {
    return await stat(this.#partial).then(
      (file) => file.size,
      () => 0,
    );
  }

  async #discard(): Promise<void> {
    await rm(this.#partial, { force: true });
    await rm(this.#origin(), { force: true });
  }

  /** The server is busy or broken: worth another try. Anything else it says is final. */
  #refused(response: IncomingMessage, status: number): Error {
    const said = `${status} ${response.statusMessage ?? ''}`.trim();
    if (status >= 500 || status === 429 || status === 408)
      return new Error(`the server answered ${said}`);
    return new RidgelineError(
      'DOWNLOAD_FAILED',
      `${this.#url} answered ${said}, so nothing was downloaded.`,
      'Check the address, or name another source with --url.',
    );
  }

  #gaveUp(failures: number, cause: unknown): RidgelineError {
    return new RidgelineError(
      'DOWNLOAD_FAILED',
      `The download of ${this.#url} failed ${failures} times in a row: ${messageOf(cause)}. What came so far is kept in ${this.#partial}.`,
      'Check the connection and fetch again: it goes on from there; or name another source with --url.',
      { cause },
    );
  }

  async #onDisk<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw new RidgelineError(
        'DOWNLOAD_FAILED',
        `${this.#partial} could not be written: ${messageOf(error)}.`,
        'Free space there, or name another folder with --data-dir.',
        { cause: error },
      );
    }
  }
}

export async function hashFile(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const chunks: AsyncIterable<Uint8Array> = createReadStream(path, { signal });
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}
