/** Arrays and archives as numpy saves them, and damaged ones. */
import { crc32, deflateRawSync } from 'node:zlib';

/** The literal in the header. */
export function npyLiteral(type: string, shape: readonly number[], order = 'False'): string {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  return `{'descr': '${type}', 'fortran_order': ${order}, 'shape': (${sizes}), }`;
}

/** A `.npy` file of version 1. */
export function npy(literal: string, values: Uint8Array): Buffer {
  const text = `${literal.padEnd(Math.ceil((literal.length + 11) / 64) * 64 - 11)}\n`;
  const length = Buffer.alloc(2);
  length.writeUInt16LE(text.length);
  return Buffer.concat([
    Buffer.from('\u0093NUMPY\u0001\u0000', 'latin1'),
    length,
    Buffer.from(text, 'latin1'),
    values,
  ]);
}

export function npyBytes(shape: readonly number[], salt = 0): Buffer {
  const count = shape.reduce((product, size) => product * size, 1);
  return npy(
    npyLiteral('|u1', shape),
    Uint8Array.from({ length: count }, (_, i) => (i * 7 + salt) % 256),
  );
}

export function npyLabels(labels: readonly number[]): Buffer {
  const values = Buffer.alloc(8 * labels.length);
  labels.forEach((label, i) => values.writeBigInt64LE(BigInt(label), 8 * i));
  return npy(npyLiteral('<i8', [labels.length]), values);
}

interface MemberChanges {
  readonly isDeflated?: boolean;
  /** The size in the directory. */
  readonly bytes?: number;
  readonly crc32?: number;
  readonly method?: number;
  readonly flags?: number;
  readonly localSignature?: number;
}

/** A zip archive of these members. */
export function zip(
  members: Readonly<Record<string, Uint8Array>>,
  changes: Readonly<Record<string, MemberChanges>> = {},
): Buffer {
  const bodies: Buffer[] = [];
  const entries: Buffer[] = [];
  let offset = 0;
  for (const [name, bytes] of Object.entries(members)) {
    const change = changes[name] ?? {};
    const packed = change.isDeflated === false ? bytes : deflateRawSync(bytes);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(change.flags ?? 0, 2);
    fields.writeUInt16LE(change.method ?? (change.isDeflated === false ? 0 : 8), 4);
    fields.writeUInt32LE(change.crc32 ?? crc32(bytes), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(change.bytes ?? bytes.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const signature = Buffer.alloc(4);
    signature.writeUInt32LE(change.localSignature ?? 0x04034b50);
    const local = [signature, fields, Buffer.from(name), packed];
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    entries.push(
      Buffer.concat([
        Buffer.from('PK\u0001\u0002'),
        Buffer.of(20, 0),
        fields,
        rest,
        Buffer.from(name),
      ]),
    );
    bodies.push(Buffer.concat(local));
    offset += bodies.at(-1)!.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...bodies, directory, Buffer.from('PK\u0005\u0006'), end]);
}
