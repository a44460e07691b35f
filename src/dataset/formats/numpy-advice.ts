/**
 * Numpy advice: the Python line that saves an array again in the form that Ridgeline reads. The values of
 * the array decide which conversion is right, since its type alone does not show their range.
 */

/** One array of a numpy file, for messages. */
export interface SavedArray {
  /** Path of the file, with the member of an archive. */
  readonly file: string;
  /** Such as `x_train`. */
  readonly name: string;
  /** Name of the file to save: a `.npz` or a `.npy`. */
  readonly saveAs: string;
  /** Names of all arrays of the `.npz`; null for a `.npy`. */
  readonly arrays: readonly string[] | null;
}

const identifier = /^[A-Za-z_]\w*$/;

/**
 * Returns the line that saves `array` again, after a conversion.
 *
 * @param converted Python expressions by name of the array, which use the arrays by their names
 */
export function saveLine(
  { name, saveAs, arrays }: SavedArray,
  converted: (name: string) => Readonly<Record<string, string>>,
): string {
  const variable = (each: string): string => each.replaceAll(/\W/g, '_');
  const changed = converted(variable(name));
  const quoted = `'${saveAs.replaceAll(/['\\]/g, (sign) => `\\${sign}`)}'`;
  if (arrays === null) return `\`np.save(${quoted}, ${changed[variable(name)] ?? ''})\``;
  const values = new Map(arrays.map((each) => [each, changed[variable(each)] ?? variable(each)]));
  for (const [each, value] of Object.entries(changed))
    if (!arrays.some((known) => variable(known) === each)) values.set(each, value);
  const all = [...values];
  const isPlain = all.every(([each]) => identifier.test(each));
  const list = all
    .map(([each, value]) => (isPlain ? `${each}=${value}` : `'${each}': ${value}`))
    .join(', ');
  return `\`np.savez(${quoted}, ${isPlain ? list : `**{${list}}`})\``;
}

/** Lowest and highest number of an array, and what else its conversion depends on. */
export interface ValueRange {
  readonly min: number;
  readonly max: number;
  /** Whether all numbers are whole. */
  readonly areWhole: boolean;
  /** Whether all numbers are finite. */
  readonly areFinite: boolean;
}

/** Reads the values of the type `width`, `kind` and `isBig`; the inverse of how numpy stores them. */
type ReadValue = (view: DataView, at: number, isLittle: boolean) => number;

const readValues: Readonly<Record<string, ReadValue>> = {
  b1: (view, at) => view.getUint8(at),
  u1: (view, at) => view.getUint8(at),
  i1: (view, at) => view.getInt8(at),
  u2: (view, at, isLittle) => view.getUint16(at, isLittle),
  i2: (view, at, isLittle) => view.getInt16(at, isLittle),
  u4: (view, at, isLittle) => view.getUint32(at, isLittle),
  i4: (view, at, isLittle) => view.getInt32(at, isLittle),
  u8: (view, at, isLittle) => Number(view.getBigUint64(at, isLittle)),
  i8: (view, at, isLittle) => Number(view.getBigInt64(at, isLittle)),
  f2: (view, at, isLittle) => view.getFloat16(at, isLittle),
  f4: (view, at, isLittle) => view.getFloat32(at, isLittle),
  f8: (view, at, isLittle) => view.getFloat64(at, isLittle),
};

const noValues: ValueRange = { min: Infinity, max: -Infinity, areWhole: true, areFinite: true };

/**
 * Reads `bytes` bytes of numbers, of any size, and returns their range. Numbers that are not finite are
 * not part of it.
 *
 * @param type numpy type, such as `<f4`
 */
export function* valueRange(
  type: string,
  bytes: number,
): Generator<number, ValueRange, Uint8Array> {
  const read = readValues[type.slice(-2)];
  if (read === undefined) return noValues;
  const width = Number(type.slice(-1));
  const isLittle = !type.startsWith('>');
  let { min, max, areWhole, areFinite } = noValues;
  for (let at = 0; at < bytes; at += pieceBytes) {
    const piece = yield Math.min(pieceBytes, bytes - at);
    const view = new DataView(piece.buffer, piece.byteOffset, piece.length);
    for (let place = 0; place < piece.length; place += width) {
      const value = read(view, place, isLittle);
      if (value < min) min = value;
      if (value > max) max = value;
      areWhole &&= Number.isInteger(value);
      areFinite &&= Number.isFinite(value);
    }
  }
  return { min, max, areWhole, areFinite };
}

/** A multiple of all widths. */
const pieceBytes = 32 * 1024;

/** Fix for images of another type than uint8. */
export function imageTypeFix(array: SavedArray, type: string, range: ValueRange): string {
  const { min, max, areWhole, areFinite } = range;
  const save = (expression: (name: string) => string): string =>
    saveLine(array, (name) => ({ [name]: `${expression(name)}.astype(np.uint8)` }));
  if (!areFinite)
    return 'Replace NaN and infinite values, then save the images as uint8, 0 to 255.';
  if (type.endsWith('b1')) return `Save them as bytes: ${save((x) => `(${x} * 255)`)}.`;
  if (min >= 0 && max <= 1 && max > 0)
    return `The values are from 0 to 1. Scale them to bytes: ${save((x) => `(${x} * 255).round()`)}.`;
  if (min >= 0 && max <= 255)
    return `Save them as bytes: ${save((x) => (areWhole ? x : `${x}.round()`))}.`;
  if (min >= 0) return `Scale them to bytes: ${save((x) => `(${x} / ${x}.max() * 255).round()`)}.`;
  if (min >= -1 && max <= 1)
    return `The values are from -1 to 1. Scale them to bytes: ${save((x) => `((${x} + 1) * 127.5).round()`)}.`;
  const scaled = save((x) => `((${x} - ${x}.min()) / (${x}.max() - ${x}.min()) * 255).round()`);
  return `The values look standardised. Save the original bytes instead: Ridgeline standardises images itself. Without the originals: ${scaled}.`;
}

/** Fix for images without height and width, such as N×784. */
export function flatImagesFix(array: SavedArray, shape: readonly number[]): string {
  const pixels = shape[1] ?? 0;
  const square = Math.sqrt(pixels);
  const colourSquare = Math.sqrt(pixels / 3);
  const sizes = Number.isInteger(square)
    ? `${square}, ${square}`
    : Number.isInteger(colourSquare)
      ? `3, ${colourSquare}, ${colourSquare}`
      : null;
  if (shape.length !== 2 || pixels < 1 || sizes === null)
    return 'Save images as N×H×W (grey), N×3×H×W or N×H×W×3 (colour).';
  const line = saveLine(array, (name) => ({ [name]: `${name}.reshape(-1, ${sizes})` }));
  return `Give each image its height and width: ${line}${sizes.startsWith('3') ? ' (or (-1, H, W, 3), if the colours of a pixel are next to each other)' : ''}.`;
}

/** Fix for labels that are text, or that are not 0, 1, 2, and so on. */
export function classNumbersFix(array: SavedArray): string {
  const line = saveLine(array, (name) => ({
    [name]: `np.unique(${name}, return_inverse=True)[1]`,
    ...(array.arrays === null ? {} : { class_names: `np.unique(${name})` }),
  }));
  return `Number the classes from 0: ${line}.`;
}

/** Fix for labels as one row of zeros and a one for each record. */
export function oneHotFix(array: SavedArray): string {
  return `Save the number of each class: ${saveLine(array, (name) => ({ [name]: `${name}.argmax(1)` }))}.`;
}

/** Fix for whole numbers that are stored as floats. */
export function wholeLabelsFix(array: SavedArray): string {
  return `Save them as whole numbers: ${saveLine(array, (name) => ({ [name]: `${name}.astype(np.int64)` }))}.`;
}
