/** `ridgeline predict`: classifies images with a saved network or ensemble. */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { RidgelineError } from '../../base/errors.ts';
import { alignLabels } from '../../dataset/align-labels.ts';
import { readImages } from '../../dataset/read-images.ts';
import { bytesPerImage, type Shard } from '../../dataset/shards/shard.ts';
import { usedImagesText } from '../../report/terminal/used-images-text.ts';
import {
  predictionsDelimited,
  predictionsJson,
  predictionsJsonl,
  predictionsText,
  type Prediction,
  type PredictionSummary,
} from '../../report/terminal/prediction-text.ts';
import type { Split } from '../../study/images.ts';
import { datasetFormats } from '../../study/spec/study-schema.ts';
import type { DatasetFormat } from '../../study/spec/study-spec.ts';
import type { Classifier } from '../../trainers/two-layer/classifier.ts';
import type { Kernel } from '../../trainers/two-layer/kernel.ts';
import {
  likeliestClass,
  meanProbabilities,
  scoreProbabilities,
} from '../../trainers/two-layer/scoring.ts';
import { dataDirectory, type Context } from '../process/context.ts';
import { addCommand, choice, withDataOption } from '../process/options.ts';
import { fileTextOptions, textOptions } from '../process/terminal.ts';
import { checkWritable, writeOutput } from '../results/output-file.ts';
import { scoreSplit } from '../training/build-ensemble.ts';
import { loadKernel } from '../training/kernel-choice.ts';
import { withKernelOption } from '../training/kernel-option.ts';
import { loadModel } from '../training/model-files.ts';
import { TrainingView } from '../training/training-view.ts';

interface PredictFlags {
  readonly format: 'table' | 'tsv' | 'csv' | 'json' | 'jsonl';
  readonly imageFormat: DatasetFormat;
  readonly part?: readonly string[];
  readonly output?: string;
}

export function addCommands(program: Command, context: Context): void {
  const command = addCommand(program, 'predict', {
    summary: 'classifies images with a saved model',
    description:
      'Classifies images with a saved network or ensemble: class probabilities of each image, and the accuracy on its labels.',
    notes: 'On the data that trained the model, only the test images are scored.',
    examples: [
      'ridgeline predict best.npz cifar10 --data-dir ~/data',
      'ridgeline predict best.npz photographs.npz --format csv -o scores.csv',
    ],
  });
  const formats = ['table', 'tsv', 'csv', 'json', 'jsonl'];
  withKernelOption(withDataOption(command))
    .argument('<model>', 'model file that `ridgeline train --save` wrote')
    .argument('<images>', 'file or folder of images, or name of a data set')
    .option(
      '--part <name...>',
      'shards of the data set; all their images are scored (default: its test shards, without images that trained or selected the model)',
    )
    .addOption(choice('--image-format <format>', 'format of the files', datasetFormats, 'auto'))
    .addOption(choice('--format <format>', 'output; table: counts per class', formats, 'table'))
    .option('-o, --output <file>', 'output file')
    .action(async (model: string, images: string, flags: PredictFlags) => {
      if (flags.output !== undefined && flags.output !== '-') checkWritable(flags.output);
      writeOutput(flags.output, await predict(model, images, flags, context), context);
    });
}

async function predict(
  path: string,
  place: string,
  flags: PredictFlags,
  context: Context,
): Promise<string> {
  const model = loadModel(path);
  const { location, chosen, leftOut, ...read } = await readImages(
    existsSync(place) ? { path: place, format: flags.imageFormat } : { name: place },
    dataDirectory(context),
    { names: flags.part ?? null, reference: model.trainedOn?.data ?? null },
  );
  const shards = read.shards.map(({ shard, records }) => ({
    shard: alignLabels(shard, model.classNames),
    records,
  }));
  for (const { shard } of shards) checkShape(model, shard, path);
  const kernel = await loadKernel(context);
  using view = new TrainingView(context);
  const rows: Prediction[] = [];
  let correct = 0;
  let loss = 0;
  for (const { shard, records } of shards) {
    const split = { images: shard, records };
    const probabilities = await scoreAll(model, split, kernel, view);
    const score = scoreProbabilities(probabilities, split);
    correct += score.accuracy * records.length;
    loss += score.loss * records.length;
    rows.push(...toPredictions(shard, records, probabilities, model.shape.classes));
  }
  const summary = {
    model: path,
    networks: model.members.length,
    mirror: model.mirror,
    kernel: kernel.name,
    images: location,
    classNames: model.classNames ?? classNamesFrom(shards),
    study: model.trainedOn?.study ?? null,
    chosen,
    leftOut,
    accuracy: correct / rows.length,
    loss: loss / rows.length,
  };
  return formatPredictions(summary, rows, flags, context);
}

/** Mean class probabilities of the model's networks. */
async function scoreAll(
  { shape, mirror, scale, offset, members }: Classifier,
  split: Split,
  kernel: Kernel,
  view: TrainingView,
): Promise<Float64Array> {
  // Only training shifts images and needs bytes to fill the gap.
  const standardization = { scale, offset, meanByte: new Uint8Array(shape.inputs) };
  const all: Float64Array[] = [];
  for (const [index, { parameters }] of members.entries()) {
    const network = { shape, parameters, standardization, mirror };
    const work = `scoring with network ${index + 1} of ${members.length}`;
    all.push(
      await scoreSplit(kernel, network, split, (done) => view.working(`${work}: ${done} images`)),
    );
  }
  view.working(null);
  return meanProbabilities(all);
}

function toPredictions(
  shard: Shard,
  records: Uint32Array,
  probabilities: Float64Array,
  classes: number,
): Prediction[] {
  return Array.from(records, (record, index) => ({
    shard: shard.name,
    index: record,
    label: shard.labels[record] ?? 0,
    predicted: likeliestClass(probabilities, index, classes),
    probabilities: [...probabilities.subarray(index * classes, (index + 1) * classes)],
  }));
}

function classNamesFrom(shards: readonly { readonly shard: Shard }[]): readonly string[] | null {
  return shards.find(({ shard }) => shard.classNames !== null)?.shard.classNames ?? null;
}

/** @throws RidgelineError DATASET_INVALID if the model was trained on images of another shape */
function checkShape({ image, shape }: Classifier, shard: Shard, model: string): void {
  const isSame =
    bytesPerImage(shard) === shape.inputs &&
    shard.height === image.height &&
    shard.width === image.width &&
    shard.pixelMax === image.pixelMax &&
    shard.classes <= shape.classes;
  if (isSame) return;
  const describe = (s: Classifier['image'], classes: number): string =>
    `${s.channels}×${s.height}×${s.width} with values to ${s.pixelMax} and ${classes} classes`;
  throw new RidgelineError(
    'DATASET_INVALID',
    `${model} reads images of ${describe(image, shape.classes)}; the images of ${shard.name} are ${describe(shard, shard.classes)}.`,
    'Give images of the same shape as the training images of the model.',
  );
}

function formatPredictions(
  summary: PredictionSummary,
  rows: readonly Prediction[],
  { format, output }: PredictFlags,
  context: Context,
): string {
  if (format === 'json') return predictionsJson(summary, rows);
  const used = usedImagesText(summary);
  if (format !== 'table' && used !== null && context.flags.quiet !== true)
    context.stderr.write(`${used}\n`);
  if (format === 'jsonl') return predictionsJsonl(summary, rows);
  if (format !== 'table') return predictionsDelimited(summary, rows, format);
  const layout = output === undefined ? textOptions : fileTextOptions;
  return predictionsText(summary, rows, layout(context));
}
