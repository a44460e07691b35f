/**
 * Classifier: trained networks whose probabilities are averaged, and their conversion to and from the
 * named arrays of a model file. In numpy, with pixels x as uint8 of shape (N, D) in C,H,W order:
 *
 *     m = numpy.load('model.npz')
 *     h = numpy.maximum(0, (x * m['scale'] + m['offset']) @ m['W1'] + m['b1'])
 *     scores = h @ m['W2'] + m['b2']
 *
 * One network has `W1`, `b1`, `W2`, `b2`; the networks of an ensemble have `member1.W1` and so on.
 * Reading checks every shape, and every network against its stored digest.
 */
import { z } from 'zod';
import type { DatasetReference } from '../../study/spec/dataset-reference.ts';
import {
  parameterNames,
  parametersDigest,
  type NetworkParameters,
  type NetworkShape,
} from './model.ts';
import {
  malformedUnless,
  MalformedArrayFile,
  type ArrayFile,
  type NamedArray,
} from './named-array.ts';

export interface Classifier {
  readonly shape: NetworkShape;
  readonly image: Metadata['image'];
  /** Class names by index; null if unknown. */
  readonly classNames: readonly string[] | null;
  /** (D) each: the input of byte u in dimension k is u · scale[k] + offset[k]. */
  readonly scale: Float32Array;
  readonly offset: Float32Array;
  /** Whether probabilities are averaged over the image and its mirror image. */
  readonly mirror: boolean;
  readonly lambda: number;
  /** The data it was trained on; null in files of release 0.1.0. */
  readonly trainedOn: TrainedOn | null;
  readonly members: readonly ClassifierMember[];
}

interface TrainedOn {
  /** Name of the study or recipe. */
  readonly study: string;
  /** With the shards of the test split. */
  readonly data: DatasetReference;
}

interface ClassifierMember {
  readonly seed: number;
  /** SGD updates of its training. */
  readonly step: number;
  readonly parameters: NetworkParameters;
}

const format = 'ridgeline-model-1';
const size = z.int().min(1).max(65_536);
/** Most records of a model file's data: a file must not make its reader allocate more. */
const recordsMax = 2 ** 26;
const selection = z.union([
  z.array(z.string()).readonly(),
  z.object({ count: z.int() }).readonly(),
]);
const trainedOnSchema = z.object({
  study: z.string(),
  data: z.object({
    shards: z
      .array(
        z.object({ name: z.string(), digest: z.string(), bytes: z.int(), count: z.int().min(0) }),
      )
      .refine((shards) => shards.reduce((sum, { count }) => sum + count, 0) <= recordsMax)
      .readonly(),
    seed: z.int(),
    train: selection,
    validation: selection,
    test: selection.nullable(),
    stratify: z.boolean(),
  }),
});
const metadataSchema = z.object({
  format: z.string(),
  image: z.object({ channels: size, height: size, width: size, pixelMax: size }).readonly(),
  mirror: z.boolean(),
  lambda: z.number(),
  trainedOn: trainedOnSchema.nullable().default(null),
  members: z.array(z.object({ seed: z.int(), step: z.int(), digest: z.string() })).min(1),
});
type Metadata = z.infer<typeof metadataSchema>;

export function classifierArrays(classifier: Classifier): ArrayFile {
  const { shape, image, classNames, scale, offset, mirror, lambda, trainedOn, members } =
    classifier;
  const arrays = members.flatMap(({ parameters }, index): NamedArray[] => {
    const own = networkArrays(memberPrefix(index, members.length), shape);
    return parameterNames.map((name) => ({ ...own[name], data: parameters[name] }));
  });
  const { channels, height, width } = image;
  arrays.push(
    { name: 'scale', shape: [shape.inputs], data: scale },
    { name: 'offset', shape: [shape.inputs], data: offset },
    { name: 'image_shape', shape: [3], data: Int32Array.of(channels, height, width) },
  );
  if (classNames !== null) {
    arrays.push({ name: 'class_names', shape: [shape.classes], data: classNames });
  }
  const metadata: Metadata = {
    format,
    image,
    mirror,
    lambda,
    trainedOn,
    members: members.map(({ seed, step, parameters }) => ({
      seed,
      step,
      digest: parametersDigest(parameters),
    })),
  };
  return { arrays, texts: { metadata: JSON.stringify(metadata) } };
}

/** The inverse of `classifierArrays`. @throws MalformedArrayFile for any other arrays */
export function classifierFrom({ arrays, texts }: ArrayFile): Classifier {
  const { image, mirror, lambda, trainedOn, members } = metadataFrom(texts['metadata']);
  const named = new Map(arrays.map((array) => [array.name, array]));
  const floats = ({ name, shape }: Omit<NamedArray, 'data'>): Float32Array<ArrayBuffer> => {
    const array = named.get(name);
    malformedUnless(array !== undefined, `it has no array ${JSON.stringify(name)}`);
    malformedUnless(
      array.data instanceof Float32Array && array.shape.join() === shape.join(),
      `${name} has the shape (${array.shape.join(', ')}), not (${shape.join(', ')})`,
    );
    return new Float32Array(array.data);
  };
  const [hidden = 0, classes = 0] = named.get(`${memberPrefix(0, members.length)}W2`)?.shape ?? [];
  const inputs = image.channels * image.height * image.width;
  const shape = { inputs, hidden, classes };
  malformedUnless(hidden > 0 && classes > 0, 'it has no network');
  return {
    shape,
    image,
    mirror,
    lambda,
    trainedOn,
    classNames: classNamesFrom(named.get('class_names'), texts['class_names'], classes),
    scale: floats({ name: 'scale', shape: [inputs] }),
    offset: floats({ name: 'offset', shape: [inputs] }),
    members: members.map(({ seed, step, digest }, index) => {
      const { w1, b1, w2, b2 } = networkArrays(memberPrefix(index, members.length), shape);
      const parameters = { w1: floats(w1), b1: floats(b1), w2: floats(w2), b2: floats(b2) };
      malformedUnless(
        parametersDigest(parameters) === digest,
        `${w1.name}, b1, W2 and b2 do not match their stored digest`,
      );
      return { seed, step, parameters };
    }),
  };
}

function memberPrefix(index: number, members: number): string {
  return members === 1 ? '' : `member${index + 1}.`;
}

function networkArrays(
  prefix: string,
  { inputs, hidden, classes }: NetworkShape,
): Record<keyof NetworkParameters, Omit<NamedArray, 'data'>> {
  return {
    w1: { name: `${prefix}W1`, shape: [inputs, hidden] },
    b1: { name: `${prefix}b1`, shape: [hidden] },
    w2: { name: `${prefix}W2`, shape: [hidden, classes] },
    b2: { name: `${prefix}b2`, shape: [classes] },
  };
}

function classNamesFrom(
  array: NamedArray | undefined,
  text: string | undefined,
  classes: number,
): readonly string[] | null {
  const names: unknown = array?.data ?? (text === undefined ? null : parseJson(text));
  if (names === null) return null;
  const read = z.array(z.string()).length(classes).safeParse(names);
  malformedUnless(read.success, `class_names must be ${classes} names`);
  return read.data;
}

function metadataFrom(text: string | undefined): Metadata {
  malformedUnless(text !== undefined, 'it has no metadata, so Ridgeline did not write it');
  const { data, success } = metadataSchema.safeParse(parseJson(text));
  malformedUnless(success, 'its metadata does not describe a model');
  malformedUnless(
    data.format === format,
    `its format is ${JSON.stringify(data.format)}; this version reads ${format}`,
  );
  return data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MalformedArrayFile('its metadata is not JSON', { cause: error });
  }
}
