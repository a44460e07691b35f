/**
 * Classifier: trained networks whose probabilities are averaged, with everything needed to use them.
 *
 * Converts to and from the named arrays of model files; `npz.ts` and `safetensors.ts` are the formats.
 *
 * In numpy, with pixels x as uint8 of shape (N, D) in C,H,W order:
 *
 *     m = numpy.load('model.npz')
 *     h = numpy.maximum(0, (x * m['scale'] + m['offset']) @ m['W1'] + m['b1'])
 *     scores = h @ m['W2'] + m['b2']
 *
 * One network has `W1`, `b1`, `W2`, `b2`; the networks of an ensemble have `member1.W1` and so on.
 * Reading checks every shape, and every network against its stored digest.
 */
import {
  malformedUnless,
  MalformedArrayFile,
  type ArrayFile,
  type NamedArray,
} from './named-array.ts';
import { parametersDigest, type NetworkParameters, type NetworkShape } from './model.ts';

export interface Classifier {
  readonly shape: NetworkShape;
  readonly image: ImageShape;
  /** Class names by index; null if unknown. */
  readonly classNames: readonly string[] | null;
  /** (D) each: the input of byte u in dimension k is u · scale[k] + offset[k]. */
  readonly scale: Float32Array;
  readonly offset: Float32Array;
  /** Whether probabilities are averaged over the image and its mirror image. */
  readonly mirror: boolean;
  readonly lambda: number;
  readonly members: readonly ClassifierMember[];
}

interface ImageShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly pixelMax: number;
}

interface ClassifierMember {
  readonly seed: number;
  /** SGD updates of its training. */
  readonly step: number;
  readonly parameters: NetworkParameters;
}

interface Metadata {
  readonly format: string;
  readonly image: ImageShape;
  readonly mirror: boolean;
  readonly lambda: number;
  readonly members: readonly {
    readonly seed: number;
    readonly step: number;
    readonly digest: string;
  }[];
}

const format = 'ridgeline-model-1';

export function classifierArrays(classifier: Classifier): ArrayFile {
  const { shape, image, classNames, scale, offset, mirror, lambda, members } = classifier;
  const { inputs, hidden, classes } = shape;
  const arrays = members.flatMap(({ parameters }, index): NamedArray[] => {
    const prefix = memberPrefix(index, members.length);
    return [
      { name: `${prefix}W1`, shape: [inputs, hidden], data: parameters.w1 },
      { name: `${prefix}b1`, shape: [hidden], data: parameters.b1 },
      { name: `${prefix}W2`, shape: [hidden, classes], data: parameters.w2 },
      { name: `${prefix}b2`, shape: [classes], data: parameters.b2 },
    ];
  });
  const metadata: Metadata = {
    format,
    image,
    mirror,
    lambda,
    members: members.map(({ seed, step, parameters }) => ({
      seed,
      step,
      digest: parametersDigest(parameters),
    })),
  };
  const { channels, height, width } = image;
  return {
    arrays: [
      ...arrays,
      { name: 'scale', shape: [inputs], data: scale },
      { name: 'offset', shape: [inputs], data: offset },
      { name: 'image_shape', shape: [3], data: Int32Array.of(channels, height, width) },
      ...(classNames === null
        ? []
        : [{ name: 'class_names', shape: [classes], data: classNames } satisfies NamedArray]),
    ],
    texts: { metadata: JSON.stringify(metadata) },
  };
}

/** The inverse of `classifierArrays`. @throws MalformedArrayFile for any other arrays */
export function classifierFrom({ arrays, texts }: ArrayFile): Classifier {
  const { image, mirror, lambda, members } = metadataFrom(texts['metadata']);
  const named = new Map(arrays.map((array) => [array.name, array]));
  const floats = (name: string, shape: readonly number[]): Float32Array<ArrayBuffer> => {
    const array = named.get(name);
    malformedUnless(array !== undefined, `it has no array ${JSON.stringify(name)}`);
    malformedUnless(
      array.data instanceof Float32Array && array.shape.join() === shape.join(),
      `${name} has the shape (${array.shape.join(', ')}), not (${shape.join(', ')})`,
    );
    return new Float32Array(array.data);
  };
  const first = memberPrefix(0, members.length);
  const [hidden = 0, classes = 0] = named.get(`${first}W2`)?.shape ?? [];
  const inputs = image.channels * image.height * image.width;
  const shape = { inputs, hidden, classes };
  malformedUnless(inputs > 0 && hidden > 0 && classes > 0, 'it has no network');
  return {
    shape,
    image,
    mirror,
    lambda,
    classNames: classNamesFrom(named.get('class_names'), texts['class_names'], classes),
    scale: floats('scale', [inputs]),
    offset: floats('offset', [inputs]),
    members: members.map(({ seed, step, digest }, index) => {
      const prefix = memberPrefix(index, members.length);
      const parameters = {
        w1: floats(`${prefix}W1`, [inputs, hidden]),
        b1: floats(`${prefix}b1`, [hidden]),
        w2: floats(`${prefix}W2`, [hidden, classes]),
        b2: floats(`${prefix}b2`, [classes]),
      };
      malformedUnless(
        parametersDigest(parameters) === digest,
        `${prefix}W1, b1, W2 and b2 do not match their stored digest`,
      );
      return { seed, step, parameters };
    }),
  };
}

function memberPrefix(index: number, members: number): string {
  return members === 1 ? '' : `member${index + 1}.`;
}

function classNamesFrom(
  array: NamedArray | undefined,
  text: string | undefined,
  classes: number,
): readonly string[] | null {
  const names: unknown = array?.data ?? (text === undefined ? null : parseJson(text));
  if (names === null) return null;
  malformedUnless(
    Array.isArray(names) &&
      names.length === classes &&
      names.every((name): name is string => typeof name === 'string'),
    `class_names must be ${classes} names`,
  );
  return names;
}

function metadataFrom(text: string | undefined): Metadata {
  malformedUnless(text !== undefined, 'it has no metadata, so Ridgeline did not write it');
  const value = parseJson(text);
  malformedUnless(isMetadata(value), 'its metadata does not describe a model');
  malformedUnless(
    value.format === format,
    `its format is ${JSON.stringify(value.format)}; this version reads ${format}`,
  );
  return value;
}

function isMetadata(value: unknown): value is Metadata {
  const { image, mirror, lambda, members, format: name } = toFields(value);
  const { channels, height, width, pixelMax } = toFields(image);
  const isSize = (size: unknown): boolean => isWhole(size) && size >= 1 && size <= 65_536;
  return (
    typeof name === 'string' &&
    [channels, height, width, pixelMax].every(isSize) &&
    typeof mirror === 'boolean' &&
    typeof lambda === 'number' &&
    Array.isArray(members) &&
    members.length >= 1 &&
    members.every((member) => {
      const { seed, step, digest } = toFields(member);
      return isWhole(seed) && isWhole(step) && typeof digest === 'string';
    })
  );
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function toFields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MalformedArrayFile('its metadata is not JSON', { cause: error });
  }
}
