/** Downloads a data set into the data folder. How the bytes come is `transfer.ts`'s subject. */
import { resolve } from 'node:path';
import { RidgelineError } from '../../base/errors.ts';
import { kindOf } from '../bytes/disk.ts';
import { namedDataset, type Download } from '../named-datasets.ts';
import { hashFile, Transfer, type TransferOptions } from './transfer.ts';

export interface FetchOptions extends TransferOptions {
  readonly dataDir: string;
  /** Another source than the official one. */
  readonly url?: string | undefined;
  /** The checksum of that source's file; without it, the official one must hold. */
  readonly sha256?: string | undefined;
}

export interface FetchedFile {
  readonly path: string;
  readonly sha256: string;
  /** Whether it is the official release, bit for bit. */
  readonly official: boolean;
}

/**
 * A file that is there already and has the right checksum is not fetched again.
 *
 * @throws RidgelineError DATASET_UNKNOWN, USAGE, DOWNLOAD_FAILED; the signal's reason when it fires:
 *   what came so far stays for the next call
 */
export async function fetchDataset(name: string, options: FetchOptions): Promise<FetchedFile> {
  const download = downloadOf(name);
  const expected = expectedSha256(options.sha256) ?? download.sha256;
  const path = resolve(options.dataDir, download.fileName);
  try {
    if ((await kindOf(path)) !== null) await refuseOther(path, expected, options.signal);
    else {
      const transfer = new Transfer(options.url ?? download.url, path, options);
      await transfer.complete();
      await transfer.install(expected, options.sha256 === undefined);
    }
  } catch (error) {
    options.signal.throwIfAborted();
    throw error;
  }
  return { path, sha256: expected, official: expected === download.sha256 };
}

function expectedSha256(given: string | undefined): string | null {
  if (given === undefined) return null;
  const sha256 = given.trim().toLowerCase();
  if (/^[0-9a-f]{64}$/.test(sha256)) return sha256;
  throw new RidgelineError(
    'USAGE',
    `${JSON.stringify(given)} is no SHA-256 checksum: that has 64 hexadecimal digits.`,
    'Copy --sha256 from where the source publishes it, or compute it with `sha256sum`.',
  );
}

/** A file of that name that is not the expected one may be somebody's own. */
async function refuseOther(path: string, expected: string, signal: AbortSignal): Promise<void> {
  if ((await hashFile(path, signal)) === expected) return;
  throw new RidgelineError(
    'DOWNLOAD_FAILED',
    `${path} is there already, but its SHA-256 is not ${expected}, so it is another file.`,
    'Move it away, then fetch again.',
  );
}

function downloadOf(name: string): Download {
  const dataset = namedDataset(name);
  if (dataset.download !== null) return dataset.download;
  const isEmbedded = dataset.places.some((place) => place.kind === 'embedded');
  throw new RidgelineError(
    'USAGE',
    isEmbedded
      ? `${name} comes with Ridgeline: there is nothing to fetch.`
      : `This version cannot fetch ${name}, only read its files.`,
    isEmbedded
      ? 'Use it as it is.'
      : `Get its files and run \`ridgeline data import ${name} PATH\`.`,
  );
}
