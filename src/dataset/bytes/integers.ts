/** Labels as numpy stores them: whole numbers of any width and byte order. */

/** @returns null where `type` (such as `<i8`, `|u1`) is none of whole numbers */
export function readIntegers(bytes: Uint8Array, type: string): number[] | null {
  const match = /^(?<order>[<>|=]?)(?<kind>[iu])(?<width>[1248])$/.exec(type);
  if (match?.groups === undefined) return null;
  const { order, kind } = match.groups;
  const width = Number(match.groups['width']);
  if (bytes.length % width !== 0) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const isLittle = order !== '>';
  const isSigned = kind === 'i';
  return Array.from({ length: bytes.length / width }, (_, index) => {
    const at = index * width;
    switch (width) {
      case 1:
        return isSigned ? view.getInt8(at) : view.getUint8(at);
      case 2:
        return isSigned ? view.getInt16(at, isLittle) : view.getUint16(at, isLittle);
      case 4:
        return isSigned ? view.getInt32(at, isLittle) : view.getUint32(at, isLittle);
      default:
        return Number(isSigned ? view.getBigInt64(at, isLittle) : view.getBigUint64(at, isLittle));
    }
  });
}
