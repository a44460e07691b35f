/**
 * What training is for: networks that answer together, with all that is needed to ask them. And its two
 * file formats, chosen by the file's ending.
 *
 * In numpy, with pixels x as uint8 of shape (N, D) in C,H,W order:
 *
 *     m = numpy.load('model.npz')
 *     h = numpy.maximum(0, (x * m['scale'] + m['offset']) @ m['W1'] + m['b1'])
 *     scores = h @ m['W2'] + m['b2']
 *
 * One network has `W1`, `b1`, `W2`, `b2`; those of an ensemble are called `member1.W1` and so on. Read
 * from a file, every shape is checked, and every network against the digest that stands beside it.
 */
import {
  malformedUnless,
  MalformedArrayFile,
  type ArrayFile,
  type NamedArray,
} from './named-array.ts';
import { digestOf, type NetworkParameters, type NetworkShape } from './model.ts';

export interface Classifier {
  readonly shape: NetworkShape;
  readonly image: ImageShape;
  /** By class index; null where nobody told. */
  readonly classNames: readonly string[] | null;
  /** (D) each: a network reads byte u of dimension k as u · scale[k] + offset[k]. */
  readonly scale: Float32Array;
  readonly offset: Float32Array;
  /** Whether its answer is the mean over the image and its mirror image. */
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
  /** SGD updates that it was trained for. */
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
    const prefix = prefixOf(index, members.length);
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
      digest: digestOf(parameters),
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

/** @throws MalformedArrayFile for anything that `classifierArrays` would not have given */
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
  const first = prefixOf(0, members.length);
  const [hidden = 0, classes = 0] = named.get(`${first}W2`)?.shape ?? [];
  const inputs = image.channels * image.height * image.width;
  const shape = { inputs, hidden, classes };
  malformedUnless(inputs > 0 && hidden > 0 && classes > 0, 'it holds no network');
  return {
    shape,
    image,
    mirror,
    lambda,
    classNames: classNamesFrom(named.get('class_names'), texts['class_names'], classes),
    scale: floats('scale', [inputs]),
    offset: floats('offset', [inputs]),
    members: members.map(({ seed, step, digest }, index) => {
      const prefix = prefixOf(index, members.length);
      const parameters = {
        w1: floats(`${prefix}W1`, [inputs, hidden]),
        b1: floats(`${prefix}b1`, [hidden]),
        w2: floats(`${prefix}W2`, [hidden, classes]),
        b2: floats(`${prefix}b2`, [classes]),
      };
      malformedUnless(
        digestOf(parameters) === digest,
        `${prefix}W1, b1, W2 and b2 do not give the digest that stands beside them`,
      );
      return { seed, step, parameters };
    }),
  };
}

function prefixOf(index: number, members: number): string {
  return members === 1 ? '' : `member${index + 1}.`;
}

function classNamesFrom(
  array: NamedArray | undefined,
  text: string | undefined,
  classes: number,
): readonly string[] | null {
  const names: unknown = array?.data ?? (text === undefined ? null : parsed(text));
  if (names === null) return null;
  malformedUnless(
    Array.isArray(names) &&
      names.length === classes &&
      names.every((name): name is string => typeof name === 'string'),
    `class_names does not name ${classes} classes`,
  );
  return names;
}

function metadataFrom(text: string | undefined): Metadata {
  malformedUnless(text !== undefined, 'it has no metadata: it was not saved by Ridgeline');
  const value = parsed(text);
  malformedUnless(isMetadata(value), 'its metadata is not that of a model');
  malformedUnless(
    value.format === format,
    `its metadata calls it ${JSON.stringify(value.format)}; this version reads ${format}`,
  );
  return value;
}

function isMetadata(value: unknown): value is Metadata {
  const { image, mirror, lambda, members, format: name } = fieldsOf(value);
  const { channels, height, width, pixelMax } = fieldsOf(image);
  const isSize = (size: unknown): boolean => isWhole(size) && size >= 1 && size <= 65_536;
  return (
    typeof name === 'string' &&
    [channels, height, width, pixelMax].every(isSize) &&
    typeof mirror === 'boolean' &&
    typeof lambda === 'number' &&
    Array.isArray(members) &&
    members.length >= 1 &&
    members.every((member) => {
      const { seed, step, digest } = fieldsOf(member);
      return isWhole(seed) && isWhole(step) && typeof digest === 'string';
    })
  );
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MalformedArrayFile('a text in it is not JSON', { cause: error });
  }
}
