/**
 * Wire codec: converts and checks the fields of protobuf messages, in both directions.
 *
 * A message is declared once, as a record of codecs. `write` converts a valid value to the generated
 * type. `read` converts it back, and rejects every value that breaks a rule of `proto/ridgeline/v1`,
 * because the sender may be broken, of another version, or hostile.
 */
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { parseTrialName, trialName, type TrialId } from '../../study/trial.ts';

/** A message that breaks a rule of `proto/ridgeline/v1`. */
export interface Malformed {
  readonly kind: 'malformed';
  /** The broken rule, with the field. */
  readonly reason: string;
}

/** Limits of one message, as the comments in `proto/ridgeline/v1` state them. */
export const wireLimits = {
  nameCharacters: 128,
  reasonCharacters: 8_192,
  specCharacters: 256 * 1024,
  settingsCharacters: 64 * 1024,
  paramsCharacters: 64 * 1024,
  params: 64,
  paramCharacters: 1_024,
  metrics: 64,
  metricCharacters: 64,
  curvePoints: 10_000,
  /** Series of one curve; each counts for at least 32 bytes of `curveBytes`. */
  series: 32_768,
  /** Of one written curve, so that a pack of 8 results with bitmaps of 1 MiB fits into a message. */
  curveBytes: 1_040_000,
  packMembers: 8,
  /** In one message of the wire from a coordinator. */
  messages: 64,
  threads: 256,
  heldPacks: 4_096,
  datasets: 1_024,
  allowed: 1_024,
  keptStages: 1_024,
  shards: 1_024,
  validationBytes: 1024 * 1024,
} as const;

/** `Readable` differs from `Written` where the generated type allows a field to be absent. */
export interface Codec<Value, Written, Readable = Written> {
  write(value: Value): Written;
  /** @throws BadField */
  read(wire: Readable, field: string): Value;
}

/** The same bytes under the type that grpc-js requires. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Thrown by a codec. `readMessage` or the status of a call converts it. */
export class BadField extends Error {}

/** @throws BadField */
export function malformed(reason: string): never {
  throw new BadField(reason);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A reader of a received message. Text that is not UTF-8 makes the message malformed, as protobuf requires. */
export function wireReader(bytes: Uint8Array): BinaryReader {
  return new BinaryReader(bytes, (text) => {
    try {
      return utf8.decode(text);
    } catch {
      return malformed('it has a text that is not UTF-8');
    }
  });
}

/** Runs a conversion. An error in the message, such as bytes that do not decode, becomes a value. */
export function readMessage<T>(convert: () => T): T | Malformed {
  try {
    return convert();
  } catch (error) {
    if (error instanceof BadField) return { kind: 'malformed', reason: error.message };
    // The decoder reports truncated fields, unknown tags, and lengths beyond the end.
    const detail = error instanceof Error ? error.message : String(error);
    return { kind: 'malformed', reason: `it does not decode: ${detail}` };
  }
}

/** A value that is the same on both sides, with a check. */
function checked<T>(check: (value: T, field: string) => T): Codec<T, T> {
  return { write: (value) => value, read: check };
}

/** Accepts every value of the type: a Boolean, or any uint32. */
export const plain = <T extends boolean | number>(): Codec<T, T> => checked((value) => value);

/** An invalid name is not quoted: it may be long, or contain control sequences of a terminal. */
export const name: Codec<string, string> = checked((text, field) => {
  if (text.length === 0) malformed(`${field} is empty`);
  if (text.length > wireLimits.nameCharacters) malformed(`${field} has ${text.length} characters`);
  if (/\p{Cc}/u.test(text)) malformed(`${field} has a control character`);
  return requireWellFormed(text, field);
});

/** JSON can escape a surrogate without its pair, which is no character. */
export function requireWellFormed(text: string, field: string): string {
  return text.isWellFormed() ? text : malformed(`${field} has a lone surrogate`);
}

/** Text of at most `max` UTF-16 code units. */
export const textUpTo = (max: number): Codec<string, string> =>
  checked((value, field) =>
    value.length <= max ? value : malformed(`${field} has ${value.length} characters`),
  );

/** Control characters, line separators, and characters that change the direction of text. */
const unprintable = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Control sequences of a terminal become visible text, so that a peer can fake no line of a log. */
export const cutReason = (text: string): string =>
  text
    .slice(0, wireLimits.reasonCharacters)
    .replaceAll(unprintable, visible)
    .slice(0, wireLimits.reasonCharacters)
    .toWellFormed();

/** `\n`, `\u001b`. */
function visible(character: string): string {
  const short = JSON.stringify(character).slice(1, -1);
  if (short !== character) return short;
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Text for people: cut after 8192 characters and without control characters, never rejected. */
export const reason: Codec<string, string> = { write: cutReason, read: cutReason };

export const digest: Codec<string, string> = checked((text, field) =>
  /^[0-9a-f]{64}$/.test(text) ? text : malformed(`${field} is not 64 hexadecimal digits`),
);

export const trialId: Codec<TrialId, string> = {
  write: trialName,
  read: (text, field) =>
    parseTrialName(name.read(text, field)) ?? malformed(`${field} does not name a trial`),
};

/** An uint64 that a float64 represents exactly. Larger numbers than 2^53 - 1 are malformed. */
export function safeInteger(min = 0): Codec<number, bigint> {
  return {
    write: (value) => BigInt(Math.max(0, Math.round(value))),
    read: (value, field) =>
      value >= min && value <= Number.MAX_SAFE_INTEGER
        ? Number(value)
        : malformed(`${field} is ${value}, not from ${min} to 2^53 - 1`),
  };
}

/** A number from `min` to `max`. @param rule names them in the error */
function range(min: number, max: number, rule: string): Codec<number, number> {
  return checked((value, field) =>
    value >= min && value <= max ? value : malformed(`${field} is ${value}, not ${rule}`),
  );
}

export const finite = range(-Number.MAX_VALUE, Number.MAX_VALUE, 'a finite number');
export const amount = range(0, Number.MAX_VALUE, 'a finite number from 0 up');
export const share = range(0, 1, 'a number from 0 to 1');

/** An uint32 from `min` to `max`. */
export const whole = (min: number, max = 2 ** 32 - 1): Codec<number, number> =>
  range(min, max, `a whole number from ${min} to ${max}`);

/** A union of words as an enum. Numbers without a word, such as the zero value, are malformed. */
export function words<Word extends string, Wire extends number>(
  wires: Readonly<Record<Word, Wire>>,
): Codec<Word, Wire, number> {
  const known = new Map<number, Word>();
  for (const word in wires) known.set(wires[word], word);
  return {
    write: (word) => wires[word],
    read: (wire, field) =>
      known.get(wire) ?? malformed(`${field} is ${wire}, which has no meaning`),
  };
}

/** A field that is present exactly if the value is not null. */
export function optional<Value, Written, Readable>(
  codec: Codec<Value, Written, Readable>,
): Codec<Value | null, Written | undefined, Readable | undefined> {
  return {
    write: (value) => (value === null ? undefined : codec.write(value)),
    read: (wire, field) => (wire === undefined ? null : codec.read(wire, field)),
  };
}

export function list<Value, Written, Readable>(
  codec: Codec<Value, Written, Readable>,
  min: number,
  max: number,
): Codec<readonly Value[], Written[], readonly Readable[]> {
  return {
    write: (values) => values.map((value) => codec.write(value)),
    read: (wires, field) => {
      if (wires.length < min || wires.length > max)
        malformed(`${field} has ${wires.length} entries, not ${min} to ${max}`);
      return wires.map((wire, index) => {
        try {
          return codec.read(wire, field);
        } catch (error) {
          // Read again with the path of the entry, which is composed for malformed messages only.
          if (error instanceof BadField) codec.read(wire, `${field}[${index}]`);
          throw error;
        }
      });
    },
  };
}

/** `lease_ms` for `leaseMs`, `pack_ended` for `pack-ended`: the name of the field in `proto/ridgeline/v1`. */
function fieldName(key: string): string {
  return key.replaceAll('-', '_').replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

type AnyCodec = Codec<unknown, unknown, unknown>;
export type ValueFrom<C extends AnyCodec> = ReturnType<C['read']>;
type WrittenBy<C extends AnyCodec> = ReturnType<C['write']>;
type ReadableBy<C extends AnyCodec> = Parameters<C['read']>[0];
type Fields = Readonly<Record<string, AnyCodec>>;

// Messages are built field by field, since thousands arrive per second; their types follow from the codecs.
/* oxlint-disable typescript/no-explicit-any */

/** A message with these fields. An absent message is malformed. */
export function record<F extends Fields>(
  fields: F,
): Codec<
  { readonly [K in keyof F]: ValueFrom<F[K]> },
  { [K in keyof F]: WrittenBy<F[K]> },
  { readonly [K in keyof F]?: ReadableBy<F[K]> } | undefined
> {
  const entries: { key: keyof F; codec: F[keyof F]; field: string }[] = [];
  for (const key in fields) {
    entries.push({ key, codec: fields[key], field: fieldName(key) });
  }
  return {
    write: (value) => {
      const written: any = {};
      for (const { key, codec } of entries) written[key] = codec.write(value[key]);
      return written;
    },
    read: (wire, path) => {
      if (wire === undefined) malformed(`${path} is missing`);
      const prefix = path === '' ? '' : `${path}.`;
      const value: any = {};
      for (const { key, codec, field } of entries)
        value[key] = codec.read(wire[key], `${prefix}${field}`);
      return value;
    },
  };
}

/** `packEnded` for `pack-ended`. */
type CaseName<Kind> = Kind extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CaseName<Tail>>}`
  : Kind;

/** The oneof `message` of a stream. `kind` in the value names the case. */
export function union<C extends Fields>(
  codecs: C,
): Codec<
  { [K in keyof C]: { readonly kind: K } & ValueFrom<C[K]> }[keyof C],
  { [K in keyof C]: { $case: CaseName<K>; value: WrittenBy<C[K]> } }[keyof C],
  { [K in keyof C]: { $case: CaseName<K>; value: ReadableBy<C[K]> } }[keyof C] | undefined
> {
  const caseName = (kind: string): string =>
    kind.replaceAll(/-[a-z]/g, (match) => match.slice(1).toUpperCase());
  const kinds = new Map(Object.keys(codecs).map((kind) => [caseName(kind), kind]));
  const cases = new Map(Object.keys(codecs).map((kind) => [kind, caseName(kind)]));
  const codecFor = (kind: string): AnyCodec =>
    codecs[kind] ?? malformed(`message ${kind} is unknown`);
  return {
    write: (value) => {
      const kind = String(value.kind);
      const written: any = { $case: cases.get(kind), value: codecFor(kind).write(value) };
      return written;
    },
    read: (wire, path) => {
      const prefix = path === '' ? '' : `${path}.`;
      if (wire === undefined) malformed(`${prefix}message is missing`);
      const kind = kinds.get(String(wire.$case)) ?? '';
      const value: any = { kind };
      return Object.assign(value, codecFor(kind).read(wire.value, `${prefix}${fieldName(kind)}`));
    },
  };
}
/* oxlint-enable typescript/no-explicit-any */
