/**
 * Result keys: reads which attempts a `pack_ended` is about, without its results, which may be long. The
 * numbers of fields are those of `cluster_service.proto`.
 */
import { WireType, type BinaryReader } from '@bufbuild/protobuf/wire';
import { AttemptKey as WireKey } from '../generated/ridgeline/v1/cluster_service.ts';
import { key as keyCodec, type AttemptKey } from './messages.ts';
import {
  malformed,
  name,
  readMessage,
  wireLimits,
  wireReader,
  type Malformed,
} from './wire-codec.ts';

const packEndedField = 4;
const packField = 1;
const resultsField = 2;
const keyField = 1;

interface ResultKeys {
  readonly pack: string;
  readonly keys: readonly AttemptKey[];
}

/** @param bytes a message of a worker @returns null if it is no `pack_ended` */
export function resultKeysFromBytes(bytes: Uint8Array): ResultKeys | Malformed | null {
  return readMessage(() => {
    const reader = wireReader(bytes);
    let found: ResultKeys | null = null;
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      if (field === packEndedField && type === WireType.LengthDelimited) found = readPack(reader);
      else reader.skip(type, field);
    }
    return found;
  });
}

function readPack(reader: BinaryReader): ResultKeys {
  const end = endOf(reader);
  const keys: AttemptKey[] = [];
  let pack = '';
  while (reader.pos < end) {
    const [field, type] = reader.tag();
    if (field === packField && type === WireType.LengthDelimited) pack = reader.string();
    else if (field === resultsField && type === WireType.LengthDelimited)
      keys.push(readKey(reader, keys.length));
    else reader.skip(type, field);
    if (keys.length > wireLimits.packMembers)
      malformed(`pack_ended.results has ${keys.length} entries`);
  }
  return { pack: name.read(pack, 'pack_ended.pack'), keys };
}

function readKey(reader: BinaryReader, index: number): AttemptKey {
  const end = endOf(reader);
  let found: WireKey | undefined;
  while (reader.pos < end) {
    const [field, type] = reader.tag();
    if (field === keyField && type === WireType.LengthDelimited)
      found = WireKey.decode(reader, reader.uint32());
    else reader.skip(type, field);
  }
  return keyCodec.read(found, `pack_ended.results[${index}].key`);
}

/** Where the embedded message that begins here ends. */
function endOf(reader: BinaryReader): number {
  const length = reader.uint32();
  return Math.min(reader.len, reader.pos + length);
}
