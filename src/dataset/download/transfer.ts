/**
 * Transfer: the download of one file. It resumes a partial download, and gives the file its name only
 * after its checksum was verified.
 *
 * `FILE.partial` holds the bytes received so far. `FILE.partial.json` holds their address and version
 * (ETag or date), so that a later call appends only bytes of the same version of the same file.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { RidgelineError, errorMessage } from '../../base/errors.ts';
import { getBytes, type GetOptions } from './http-get.ts';

export interface TransferOptions extends Pick<GetOptions, 'signal' | 'env'> {
  /** @param totalBytes null if the server does not send it */
  readonly onProgress: (receivedBytes: number, totalBytes: number | null) => void;
  /** Receives a sentence about each failure after which the transfer is tried again. */
  readonly onRetry?: (text: string) => void;
  /** Doubles with every consecutive failure. */
  readonly retryDelayMs?: number;
  readonly silenceMs?: number;
}

/** Number of consecutive failures without a new byte after which the transfer fails. */
const failuresMax = 5;

const originFile = z.object({ url: z.string(), validator: z.string() });

export class Transfer {
  readonly #url: string;
  readonly #path: string;
  readonly #partial: string;
  readonly #origin: string;
  readonly #options: TransferOptions;

  constructor(url: string, path: string, options: TransferOptions) {
    this.#url = url;
    this.#path = path;
    this.#partial = `${path}.partial`;
    this.#origin = `${path}.partial.json`;
    this.#options = options;
  }

  /** Receives all bytes into the partial file, over as many connections as needed. */
  async complete(): Promise<void> {
    const { signal, retryDelayMs = 1000, onRetry } = this.#options;
    let failures = 0;
    for (;;) {
      const before = await this.#received();
      try {
        await this.#receive(before);
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof RidgelineError) throw error;
        const received = await this.#received();
        failures = received > before ? 1 : failures + 1;
        if (failures >= failuresMax) throw this.#failed(failures, received, error);
        onRetry?.(`${errorMessage(error)}; trying again`);
        await delay(retryDelayMs * 2 ** (failures - 1), undefined, { signal });
      }
    }
  }

  #failed(failures: number, received: number, error: unknown): RidgelineError {
    const kept = received === 0 ? '' : ` Bytes received are kept in ${this.#partial}.`;
    const resume = received === 0 ? 'again' : 'again to resume';
    return new RidgelineError(
      'DOWNLOAD_FAILED',
      `The download of ${this.#url} failed ${failures} times in a row: ${errorMessage(error)}.${kept}`,
      `Check the connection${proxyAdvice(this.#options.env)} and run the command ${resume}, or name another source with --url.`,
      { cause: error },
    );
  }

  /** Verifies the checksum and gives the file its name. */
  async install(expected: string, isOfficialExpected: boolean): Promise<void> {
    const actual = await hashFile(this.#partial, this.#options.signal);
    if (actual !== expected) {
      const isPage = await this.#isWebPage();
      await this.#discard();
      if (isPage)
        throw new RidgelineError(
          'DOWNLOAD_FAILED',
          `${this.#url} sent a web page instead of the file, such as a login page of the network; it was removed.`,
          'Open that address in a browser, sign in if it asks, and fetch again; or name another source with --url.',
        );
      throw new RidgelineError(
        'DOWNLOAD_FAILED',
        `${this.#url} sent a file whose SHA-256 is ${actual} instead of ${expected}; it was removed.`,
        isOfficialExpected
          ? `Fetch from another source with --url; if you trust this file, add --sha256 ${actual}.`
          : 'Check --url and --sha256 against the values that the source publishes.',
      );
    }
    await this.#onDisk(async () => {
      await using handle = await open(this.#partial, 'r+');
      await handle.sync();
      await rename(this.#partial, this.#path);
      await rm(this.#origin, { force: true });
    });
  }

  /** Opens one connection, requests the missing bytes and appends them. */
  async #receive(before: number): Promise<void> {
    const { signal, env, silenceMs = 30_000 } = this.#options;
    const validator = before > 0 ? await this.#validator() : null;
    const headers: Record<string, string> =
      validator === null ? {} : { range: `bytes=${before}-`, 'if-range': validator };
    const response = await getBytes(this.#url, { headers, signal, silenceMs, env });
    try {
      await this.#take(response, before);
    } finally {
      // A connection with unread bytes would keep the process alive until its timeout.
      response.destroy();
    }
  }

  async #take(response: IncomingMessage, before: number): Promise<void> {
    const { statusCode: status = 0, headers, statusMessage = '' } = response;
    const range = headers['content-range'] ?? '';
    const { start, total } =
      /^bytes (?<start>\d+)-\d+\/(?<total>\d+|\*)$/.exec(range)?.groups ?? {};
    if (status === 206 && start === String(before)) {
      return await this.#append(response, before, total === '*' ? null : Number(total));
    }
    // The file was complete: the last call ended before it was renamed.
    if (status === 416 && range === `bytes */${before}`) return;
    if (status === 206 || status === 416) {
      await this.#discard();
      throw new Error(`the server does not resume from byte ${before}`);
    }
    if (status === 200) {
      const { etag, 'last-modified': date = null, 'content-length': length } = headers;
      // A weak ETag does not promise equal bytes.
      const validator = etag !== undefined && !etag.startsWith('W/') ? etag : date;
      await this.#onDisk(async () => {
        await writeFile(this.#partial, '');
        await writeFile(this.#origin, JSON.stringify({ url: this.#url, validator }));
      });
      return await this.#append(response, 0, length === undefined ? null : Number(length));
    }
    const answer = `answered ${`${status} ${statusMessage}`.trim()}`;
    // The server is busy or broken, so another try may succeed.
    if (status >= 500 || status === 429 || status === 408) throw new Error(`the server ${answer}`);
    throw new RidgelineError(
      'DOWNLOAD_FAILED',
      `${this.#url} ${answer}, so nothing was downloaded.`,
      'Check the address, or name another source with --url.',
    );
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

  /** Whether the bytes are HTML, as pages of networks and errors are. */
  async #isWebPage(): Promise<boolean> {
    await using file = await open(this.#partial, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0);
    return /^\s*<(?:!doctype html|html|head|body|script|meta)/i.test(
      buffer.toString('latin1', 0, bytesRead),
    );
  }

  /** ETag or date of the partial file; null if it cannot be resumed. */
  async #validator(): Promise<string | null> {
    try {
      const { url, validator } = originFile.parse(JSON.parse(await readFile(this.#origin, 'utf8')));
      return url === this.#url ? validator : null;
    } catch {
      return null; // The file is missing or damaged.
    }
  }

  async #received(): Promise<number> {
    const file = await stat(this.#partial).catch(() => null);
    return file?.size ?? 0;
  }

  async #discard(): Promise<void> {
    await rm(this.#partial, { force: true });
    await rm(this.#origin, { force: true });
  }

  async #onDisk<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw new RidgelineError(
        'DOWNLOAD_FAILED',
        `${this.#partial} could not be written: ${errorMessage(error)}.`,
        'Free disk space, or name another folder with --data-dir.',
        { cause: error },
      );
    }
  }
}

/** Part of a sentence: a proxy is the usual reason where connections are impossible. */
function proxyAdvice(env: NodeJS.ProcessEnv): string {
  const names = ['HTTPS_PROXY', 'HTTP_PROXY'].flatMap((name) => [name, name.toLowerCase()]);
  const set = names.find((name) => env[name]);
  return set === undefined
    ? ' (behind a proxy, set HTTPS_PROXY and HTTP_PROXY)'
    : ` and the proxy in ${set}`;
}

export async function hashFile(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const chunks: AsyncIterable<Uint8Array> = createReadStream(path, { signal });
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}
