/** Fetch: downloads a named data set into the data folder (`transfer.ts` receives the bytes). */
import { dirname, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RidgelineError, errorMessage } from '../../base/errors.ts';
import { tryLock, type LockAttempt } from '../../base/file-lock.ts';
import { makeFolders } from '../../base/make-folders.ts';
import { pathKind } from '../bytes/disk.ts';
import { namedDataset, type Download } from '../named-datasets.ts';
import { hashFile, Transfer, type TransferOptions } from './transfer.ts';

export interface FetchOptions extends TransferOptions {
  readonly dataDir: string;
  /** Replaces the official address. */
  readonly url?: string | undefined;
  /** Replaces the official checksum. */
  readonly sha256?: string | undefined;
  /** Receives a sentence if another process is downloading the file. */
  readonly onWait?: (text: string) => void;
}

const lockPauseMs = 200;

export interface FetchedFile {
  readonly path: string;
  readonly sha256: string;
  /** Whether the file is the official release, bit for bit. */
  readonly official: boolean;
}

/**
 * Does nothing if the file exists and has the expected checksum.
 *
 * @throws RidgelineError DATASET_UNKNOWN, USAGE, DOWNLOAD_FAILED; the signal's reason when it fires. The
 *   bytes received stay on disk, and the next call resumes.
 */
export async function fetchDataset(name: string, options: FetchOptions): Promise<FetchedFile> {
  const download = downloadFor(name);
  const expected = parseSha256(options.sha256) ?? download.sha256;
  const path = resolve(options.dataDir, download.fileName);
  try {
    if (!(await isFetched(path, expected, options.signal))) {
      using _lock = await waitForLock(path, options);
      // The process that held the lock may have fetched it.
      if (!(await isFetched(path, expected, options.signal))) {
        const transfer = new Transfer(options.url ?? download.url, path, options);
        await transfer.complete();
        await transfer.install(expected, options.sha256 === undefined);
      }
    }
  } catch (error) {
    options.signal.throwIfAborted();
    throw error;
  }
  return { path, sha256: expected, official: expected === download.sha256 };
}

/** An existing file is never overwritten. */
async function isFetched(path: string, expected: string, signal: AbortSignal): Promise<boolean> {
  if ((await pathKind(path)) === null) return false;
  if ((await hashFile(path, signal)) === expected) return true;
  throw new RidgelineError(
    'DOWNLOAD_FAILED',
    `${path} exists already, but its SHA-256 is not ${expected}, so it is another file.`,
    'Move it away, then fetch again.',
  );
}

/** Of several processes that fetch a file, one receives it, and the others wait for it. */
async function waitForLock(path: string, { signal, onWait }: FetchOptions): Promise<Disposable> {
  let isFirst = true;
  for (;;) {
    const attempt = lockDownload(path);
    if (attempt.kind === 'locked') return attempt;
    if (isFirst) onWait?.(`waiting for ${attempt.holder}, which is downloading it`);
    isFirst = false;
    await delay(lockPauseMs, undefined, { signal });
  }
}

function lockDownload(path: string): LockAttempt {
  try {
    makeFolders(dirname(path));
    return tryLock(`${path}.lock`);
  } catch (error) {
    throw new RidgelineError(
      'DOWNLOAD_FAILED',
      `${path} could not be written: ${errorMessage(error)}.`,
      'Free disk space, or name another folder with --data-dir.',
      { cause: error },
    );
  }
}

function parseSha256(text: string | undefined): string | null {
  if (text === undefined) return null;
  const sha256 = text.trim().toLowerCase();
  if (/^[0-9a-f]{64}$/.test(sha256)) return sha256;
  throw new RidgelineError(
    'USAGE',
    `--sha256 ${JSON.stringify(text)} is not a SHA-256 checksum of 64 hexadecimal digits.`,
    'Copy it from the page of the source, or compute it with `sha256sum`.',
  );
}

function downloadFor(name: string): Download {
  const dataset = namedDataset(name);
  if (dataset.download !== null) return dataset.download;
  if (dataset.places.length === 0) {
    throw new RidgelineError('USAGE', `${name} is part of Ridgeline.`, 'Use it without fetching.');
  }
  throw new RidgelineError(
    'USAGE',
    `${name} has no download address, so Ridgeline cannot fetch it.`,
    `Get its files and run \`ridgeline data import ${name} PATH\`.`,
  );
}
