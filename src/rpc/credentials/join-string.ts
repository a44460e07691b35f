/**
 * The one line that lets a machine in: where the coordinator is, how to recognise it, and a token.
 *
 *     ridgeline:1:HOST:PORT:PIN:ID:SECRET
 *
 * PIN is the SHA-256 of the coordinator's CA certificate, SECRET 32 random bytes, both base64url. Who
 * has the line may join; it goes through a file or standard input, never through a log.
 */
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { RidgelineError, whyUnread } from '../../base/errors.ts';
import { parseAddress } from './address.ts';

export interface JoinTarget {
  /** HOST:PORT. */
  readonly address: string;
  readonly caPin: string;
  readonly tokenId: string;
  readonly secret: string;
}

const prefix = 'ridgeline:1:';
const base64url256 = /^[A-Za-z0-9_-]{43}$/;
const lineBytesMax = 65_536;

export function formatJoin({ address, caPin, tokenId, secret }: JoinTarget): string {
  return `${prefix}${address}:${caPin}:${tokenId}:${secret}`;
}

/** @throws RidgelineError USAGE that says what is wrong with the text, without its secret */
export function parseJoin(text: string): JoinTarget {
  const line = text.trim();
  if (!line.startsWith('ridgeline:')) throw notJoin('it does not start with `ridgeline:`');
  if (!line.startsWith(prefix)) throw notJoin('it is of another version of Ridgeline');
  const fields = line.slice(prefix.length).split(':');
  const secret = fields.pop();
  const tokenId = fields.pop();
  const caPin = fields.pop();
  if (secret === undefined || tokenId === undefined || caPin === undefined || fields.length < 2) {
    throw notJoin('it is cut off, or a part of it is missing');
  }
  const address = fields.join(':');
  const hostPort = parseAddress(address);
  if (hostPort === null || hostPort.port === 0) {
    // Not quoted: where the parts are in another order it may be the secret.
    throw notJoin('what should be HOST:PORT is not');
  }
  if (!base64url256.test(caPin))
    throw notJoin('the pin of the CA is not 43 characters of base64url');
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(tokenId)) throw notJoin('the token id is malformed');
  if (!base64url256.test(secret)) throw notJoin('the secret is not 43 characters of base64url');
  return { address, caPin, tokenId, secret };
}

function notJoin(reason: string, cause?: unknown): RidgelineError {
  return new RidgelineError(
    'USAGE',
    `This is not a join string: ${reason}.`,
    'Copy the whole line, or make a fresh one with `ridgeline token new` on the machine of the coordinator.',
    { cause },
  );
}

/**
 * What a user gave for `--join` or `--coordinator`.
 *
 * @param argument `@FILE`, `-` for the first line of standard input, or the string itself
 */
export async function readJoin(argument: string, stdin: Readable): Promise<JoinTarget> {
  if (argument === '-') return parseJoin(await readLine(stdin));
  if (!argument.startsWith('@')) return parseJoin(argument);
  return readJoinFile(argument.slice(1));
}

/** @throws RidgelineError USAGE where there is no such file, or not a join string in it */
async function readJoinFile(path: string): Promise<JoinTarget> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new RidgelineError(
      'USAGE',
      `The join string cannot be read from ${path}: ${whyUnread(error)}.`,
      'Copy worker.join from the state directory of the coordinator, or give the string itself.',
      { cause: error },
    );
  }
  return parseJoin(text);
}

/** Up to the first line end, so that a line pasted into a terminal needs no end of input. */
async function readLine(stdin: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stdin) {
    text += String(chunk);
    if (text.trimStart().includes('\n') || text.length > lineBytesMax) break;
  }
  const line = text.trim().split('\n', 1)[0] ?? '';
  if (line === '') throw notJoin('standard input was empty');
  return line;
}
