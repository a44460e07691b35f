/**
 * Join string: one line that gives a machine access to a cluster. It contains the coordinator's address,
 * the pin that identifies it, and a token.
 *
 *     ridgeline:1:HOST:PORT:PIN:ID:SECRET
 *
 * PIN is the SHA-256 of the coordinator's CA certificate, SECRET 32 random bytes, both base64url. The line
 * is a secret: it is passed in a file or on standard input, and never logged.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { RidgelineError, whyUnread } from '../../base/errors.ts';
import { parseAddress } from './address.ts';

export interface JoinTarget {
  /** Address of the coordinator, HOST:PORT. */
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

/** @throws RidgelineError USAGE with the problem, without the secret */
export function parseJoin(text: string): JoinTarget {
  const line = text.trim();
  if (!line.startsWith('ridgeline:')) throw notJoin('it does not start with `ridgeline:`');
  if (!line.startsWith(prefix)) throw notJoin('it is of another version of Ridgeline');
  const fields = line.slice(prefix.length).split(':');
  const [caPin, tokenId, secret] = fields.splice(-3);
  if (secret === undefined || tokenId === undefined || caPin === undefined || fields.length < 2)
    throw notJoin('it is incomplete');
  const address = fields.join(':');
  const hostPort = parseAddress(address);
  // The field is not quoted: if the fields are in another order, it may be the secret.
  if (hostPort === null || hostPort.port === 0) throw notJoin('it has no valid HOST:PORT');
  if (!base64url256.test(caPin)) throw notJoin('its pin is not 43 characters of base64url');
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(tokenId)) throw notJoin('its token id is malformed');
  if (!base64url256.test(secret)) throw notJoin('its secret is not 43 characters of base64url');
  return { address, caPin, tokenId, secret };
}

function notJoin(reason: string, cause?: unknown): RidgelineError {
  return new RidgelineError(
    'USAGE',
    `This is not a join string: ${reason}.`,
    "Copy the whole line, or create a new one with `ridgeline token new` on the coordinator's machine.",
    { cause },
  );
}

/**
 * Reads the value of `--join` or `--coordinator`.
 *
 * @param argument `@FILE`, `-` for the first line of standard input, or the string itself
 * @throws RidgelineError USAGE
 */
export async function readJoin(argument: string, stdin: Readable): Promise<JoinTarget> {
  if (argument === '-') return parseJoin(await readLine(stdin));
  if (!argument.startsWith('@')) {
    if (!argument.startsWith('ridgeline:') && existsSync(argument)) throw fileWithoutSign(argument);
    return parseJoin(argument);
  }
  const path = argument.slice(1);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new RidgelineError(
      'USAGE',
      `The join string cannot be read from ${path}: ${whyUnread(error)}.`,
      "Copy worker.join from the coordinator's state directory, or pass the join string itself.",
      { cause: error },
    );
  });
  return parseJoin(text);
}

function fileWithoutSign(path: string): RidgelineError {
  return new RidgelineError(
    'USAGE',
    `${JSON.stringify(path)} is not a join string, but a file of this name exists.`,
    `Put @ before the name of a file: @${path}.`,
  );
}

/** Reads up to the first line end, so that a line pasted into a terminal needs no end of input. */
export async function readLine(stdin: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stdin) {
    text += String(chunk);
    if (text.trimStart().includes('\n') || text.length > lineBytesMax) break;
  }
  const line = text.trim().split('\n', 1)[0] ?? '';
  if (line === '') throw notJoin('standard input was empty');
  return line;
}
