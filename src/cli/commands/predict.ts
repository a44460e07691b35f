/** `ridgeline predict`: what a saved network or ensemble says of images. */
import { existsSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { RidgelineError } from '../../base/errors.ts';
import { imageBytesOf, type Part } from '../../dataset/shards/shard.ts';
import { readImages } from '../../dataset/read-images.ts';
import {
  predictionsDelimited,
  predictionsJson,
  predictionsJsonl,
  predictionsText,
  type Prediction,
  type PredictionSummary,
} from '../../report/terminal/prediction-text.ts';
import {
  datasetFormats,
  type DatasetFormat,
  type DatasetSource,
} from '../../study/spec/study-spec.ts';
import type { Classifier } from '../../trainers/two-layer/classifier.ts';
import type { Images, Split } from '../../study/images.ts';
import type { Kernel } from '../../trainers/two-layer/kernel.ts';
import { likeliestClass, meanProbabilities, worthOf } from '../../trainers/two-layer/scoring.ts';
import { scored } from '../training/build-ensemble.ts';
import { refuseUnwritable, writeOutput } from '../results/output-file.ts';
import {
  dataDirOf,
  isUnicode,
  paintFor,
  widthOf,
  type CommonFlags,
  type Context,
} from '../process/context.ts';
import { kernelFor, withKernelOption, type KernelFlags } from '../training/kernel-choice.ts';
import { loadModel } from '../training/model-files.ts';
import { withCommonOptions, withDataOption } from '../process/options.ts';
import { TrainingView } from '../training/training-view.ts';

interface PredictFlags extends CommonFlags, KernelFlags {
  readonly format: 'table' | 'tsv' | 'csv' | 'json' | 'jsonl';
  readonly imageFormat: DatasetFormat;
  readonly part?: readonly string[];
  readonly output?: string;
}

export function addPredictCommand(program: Command, context: Context): void {
  withKernelOption(withDataOption(withCommonOptions(program.command('predict'))))
    .argument('<model>', 'a file that `ridgeline train --save` wrote')
    .argument('<images>', 'a file or folder of images, or the name of a data set')
    .summary('what a saved model says of images')
    .description(
      'Scores images with a saved network or ensemble: class probabilities of each image, and the accuracy against its labels.',
    )
    .option('--part <name...>', 'parts of the data set (default: those held back for testing)')
    .addOption(
      new Option('--image-format <format>', 'how to read a file or folder')
        .choices(datasetFormats)
        .default('auto'),
    )
    .addOption(
      new Option('--format <format>', 'how to print; the table counts, the others have each image')
        .choices(['table', 'tsv', 'csv', 'json', 'jsonl'])
        .default('table'),
    )
    .option('-o, --output <file>', 'a file instead of standard output')
    .addHelpText(
      'after',
      '\nExamples:\n  ridgeline predict best.npz cifar10 --data-dir ~/data\n  ridgeline predict best.npz photographs.npy --format csv -o scores.csv',
    )
    .action(async (model: string, images: string, flags: PredictFlags) => {
      if (flags.output !== undefined && flags.output !== '-') refuseUnwritable(flags.output);
      writeOutput(flags.output, await predict(model, images, flags, context), context.stdout);
    });
}

async function predict(
  path: string,
  place: string,
  flags: PredictFlags,
  context: Context,
): Promise<string> {
  const model = loadModel(path);
  const source: DatasetSource = existsSync(place)
    ? { kind: 'path', path: place, format: flags.imageFormat }
    : { kind: 'named', name: place };
  const { location, parts } = await readImages(
    source,
    dataDirOf(context, flags),
    flags.part ?? null,
  );
  for (const part of parts) refuseOtherImages(model, part, path);
  const kernel = await kernelFor(context, flags.kernel);
  using view = new TrainingView(context, flags);
  const rows: Prediction[] = [];
  let right = 0;
  let loss = 0;
  for (const part of parts) {
    const split = wholePart(part);
    const probabilities = await scoreAll(model, split, kernel, view);
    const worth = worthOf(probabilities, split);
    right += worth.accuracy * part.labels.length;
    loss += worth.loss * part.labels.length;
    rows.push(...predictionsOf(part, probabilities, model.shape.classes));
  }
  view.close();
  const summary = {
    model: path,
    networks: model.members.length,
    mirror: model.mirror,
    kernel: kernel.name,
    images: location,
    classNames: model.classNames,
    accuracy: right / rows.length,
    loss: loss / rows.length,
  };
  return textOf(summary, rows, flags, context);
}

/** The mean of all networks of the model, as training measured it. */
async function scoreAll(
  { shape, mirror, scale, offset, members }: Classifier,
  split: Split,
  kernel: Kernel,
  view: TrainingView,
): Promise<Float64Array> {
  // Where a shifted image has gaps is asked in training only.
  const standardization = { scale, offset, meanByte: new Uint8Array(shape.inputs) };
  const all: Float64Array[] = [];
  for (const [index, { parameters }] of members.entries()) {
    const network = { shape, parameters, standardization, mirror };
    const work = `scoring with network ${index + 1} of ${members.length}`;
    all.push(
      await scored(kernel, network, split, (done) => view.working(`${work}: ${done} images`)),
    );
  }
  view.working(null);
  return meanProbabilities(all);
}

function wholePart(part: Part): Split {
  const images: Images = part;
  return { images, records: Uint32Array.from(part.labels, (_, record) => record) };
}

function predictionsOf(part: Part, probabilities: Float64Array, classes: number): Prediction[] {
  return Array.from(part.labels, (label, index) => ({
    part: part.name,
    index,
    label,
    predicted: likeliestClass(probabilities, index, classes),
    probabilities: [...probabilities.subarray(index * classes, (index + 1) * classes)],
  }));
}

function refuseOtherImages({ image, shape }: Classifier, part: Part, model: string): void {
  const isSame =
    imageBytesOf(part) === shape.inputs &&
    part.height === image.height &&
    part.width === image.width &&
    part.pixelMax === image.pixelMax &&
    part.classes <= shape.classes;
  if (isSame) return;
  const words = (s: Classifier['image'], classes: number): string =>
    `${s.channels}×${s.height}×${s.width} up to ${s.pixelMax}, ${classes} classes`;
  throw new RidgelineError(
    'DATASET_INVALID',
    `${model} reads images of ${words(image, shape.classes)}, but ${part.name} has ${words(part, part.classes)}.`,
    'Give images of the kind that the model was trained on.',
  );
}

function textOf(
  summary: PredictionSummary,
  rows: readonly Prediction[],
  flags: PredictFlags,
  context: Context,
): string {
  switch (flags.format) {
    case 'json':
      return predictionsJson(summary, rows);
    case 'jsonl':
      return predictionsJsonl(summary, rows);
    case 'tsv':
    case 'csv':
      return predictionsDelimited(summary, rows, flags.format);
    case 'table':
      return predictionsText(summary, rows, {
        width: flags.output === undefined ? widthOf(context, context.stdout) : 80,
        color:
          flags.output === undefined
            ? paintFor(context, flags, context.stdout)
            : (_style, text) => text,
        unicode: isUnicode(context),
      });
  }
}
