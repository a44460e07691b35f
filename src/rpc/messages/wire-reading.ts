/**
 * The checks that every field from the wire goes through. Whoever wrote the message may be broken,
 * of another version or hostile: nothing is used before it was looked at.
 *
 * Inside a conversion a bad field is thrown, at the door it becomes a value: `readMessage`.
 */
import { parseTrialName, type TrialId } from '../../study/trial.ts';

/** A message that breaks the rules of `proto/ridgeline/v1`, and which one. */
export interface Malformed {
  readonly kind: 'malformed';
  readonly reason: string;
}

/** The most of what one message may hold; as the comments in `proto/ridgeline/v1` say. */
export const wireLimits = {
  nameCharacters: 128,
  reasonCharacters: 8_192,
  specCharacters: 256 * 1024,
  curvePoints: 10_000,
  packMembers: 8,
  threads: 256,
  heldPacks: 4_096,
  datasets: 1_024,
  parts: 1_024,
  validationBytes: 1024 * 1024,
} as const;

/** Thrown inside a conversion; never gets past `readMessage` or the status of a call. */
export class BadField extends Error {}

/** @throws BadField, for `readMessage` to catch */
export function malformed(reason: string): never {
  throw new BadField(reason);
}

/** Runs a conversion; whatever it meets in the message, bytes that do not decode included, is a verdict. */
export function readMessage<T>(convert: () => T): T | Malformed {
  try {
    return convert();
  } catch (error) {
    if (error instanceof BadField) return { kind: 'malformed', reason: error.message };
    // The decoder's own complaints: a truncated field, a bad tag, a length past the end.
    const detail = error instanceof Error ? error.message : String(error);
    return { kind: 'malformed', reason: `it does not decode: ${detail}` };
  }
}

export function required<T>(field: string, value: T | undefined): T {
  return value ?? malformed(`${field} is missing`);
}

/** A name that breaks the rules is not quoted: it may be long, or meant for somebody's terminal. */
export function readName(field: string, text: string): string {
  if (text.length === 0) malformed(`${field} is empty`);
  if (text.length > wireLimits.nameCharacters) malformed(`${field} has ${text.length} characters`);
  if (/\p{Cc}/u.test(text)) malformed(`${field} has a control character`);
  return text;
}

/** For people: cut rather than refused. */
export function readReason(text: string): string {
  return text.slice(0, wireLimits.reasonCharacters).toWellFormed();
}

export function readDigest(field: string, text: string): string {
  return /^[0-9a-f]{64}$/.test(text) ? text : malformed(`${field} is not 64 hexadecimal digits`);
}

export function readTrialId(field: string, text: string): TrialId {
  readName(field, text);
  return parseTrialName(text) ?? malformed(`${field} does not name a trial`);
}

export function readWhole(field: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  return malformed(`${field} is ${value}, not a whole number from ${min} to ${max}`);
}

/** A uint64 that must fit a float64. */
export function readSafeInteger(field: string, value: bigint, min = 0): number {
  if (value >= min && value <= Number.MAX_SAFE_INTEGER) return Number(value);
  return malformed(`${field} is ${value}, not from ${min} to 2^53 - 1`);
}

/** Finite and not negative. So written, NaN is refused too. */
export function readAmount(field: string, value: number): number {
  return value >= 0 && value < Infinity ? value : malformed(`${field} is ${value}`);
}

/** In [0, 1]. */
export function readShare(field: string, value: number): number {
  return value >= 0 && value <= 1 ? value : malformed(`${field} is ${value}, not from 0 to 1`);
}

export function readFinite(field: string, value: number): number {
  return Number.isFinite(value) ? value : malformed(`${field} is ${value}`);
}

export function readList<From, To>(
  field: string,
  list: readonly From[],
  min: number,
  max: number,
  convert: (item: From) => To,
): To[] {
  if (list.length < min || list.length > max) {
    malformed(`${field} has ${list.length} entries, not ${min} to ${max}`);
  }
  return list.map((item) => convert(item));
}
