/** The output of `predict`: the accuracy of a model on labelled images, and its prediction for each. */
import { delimitedText, type FileColumn, type Separator } from '../files/delimited.ts';
import { numberColumn, tableLines, textColumn, type Column } from './text-table.ts';
import { documentText } from '../text/json-value.ts';
import { lossText, percentText } from '../text/number-format.ts';
import { paragraph, printable, type TextOptions } from '../text/text-options.ts';
import { usedImagesText, type ImageUses } from './used-images-text.ts';

export interface Prediction {
  readonly shard: string;
  /** Index of the image in its shard, from 0. */
  readonly index: number;
  readonly label: number;
  readonly predicted: number;
  /** Probabilities by class; their sum is 1. */
  readonly probabilities: readonly number[];
}

export interface PredictionSummary {
  readonly model: string;
  readonly networks: number;
  readonly mirror: boolean;
  readonly kernel: string;
  readonly images: string;
  readonly classNames: readonly string[] | null;
  readonly accuracy: number;
  readonly loss: number;
  /** The study or recipe of the model; null if its file does not record its data. */
  readonly study: string | null;
  /** Scored images by their use in the training of the model. */
  readonly chosen: ImageUses;
  /** Images of the same shards that were not scored. */
  readonly leftOut: ImageUses;
}

export function predictionsJson(summary: PredictionSummary, rows: readonly Prediction[]): string {
  const { classNames, leftOut, chosen, ...rest } = summary;
  const predictions = rowsJson(summary, rows);
  const uses = { images_scored: chosen, images_left_out: leftOut };
  return documentText({ ...rest, ...uses, class_names: classNames, predictions });
}

export function predictionsJsonl(summary: PredictionSummary, rows: readonly Prediction[]): string {
  return rowsJson(summary, rows)
    .map((row) => `${JSON.stringify(row)}\n`)
    .join('');
}

function rowsJson(summary: PredictionSummary, rows: readonly Prediction[]): object[] {
  return rows.map((row) => ({ ...row, class_name: className(summary, row.predicted) }));
}

/** `p0`, `p1`, … are the probabilities by class. */
export function predictionsDelimited(
  summary: PredictionSummary,
  rows: readonly Prediction[],
  separator: Separator,
): string {
  const probabilities = rows[0]?.probabilities ?? [];
  const columns: readonly FileColumn<Prediction>[] = [
    ...(['shard', 'index', 'label', 'predicted'] as const).map((name): FileColumn<Prediction> => [
      name,
      (row) => row[name],
    ]),
    ['class_name', (row) => className(summary, row.predicted)],
    ...probabilities.map((_, index): FileColumn<Prediction> => [
      `p${index}`,
      (row) => row.probabilities[index] ?? null,
    ]),
  ];
  return delimitedText(columns, rows, separator);
}

/** One line for each class, then the accuracy. */
export function predictionsText(
  summary: PredictionSummary,
  rows: readonly Prediction[],
  options: TextOptions,
): string {
  const scores = (rows[0]?.probabilities ?? []).map((_, index) => classScore(index, rows));
  const networks = summary.networks === 1 ? 'one network' : `${summary.networks} networks`;
  const mirror = summary.mirror ? ', each image also mirrored' : '';
  const lines = [
    ...tableLines(classColumns(summary), scores, options),
    printable(
      `${rows.length} images: accuracy ${percentText(summary.accuracy) ?? '-'} %  loss ${lossText(summary.loss) ?? '-'}  (${networks}${mirror})`,
      options,
    ),
  ];
  const used = usedImagesText(summary);
  if (used !== null) lines.push(...paragraph(used, options));
  return `${lines.join('\n')}\n`;
}

function classScore(index: number, rows: readonly Prediction[]) {
  const own = rows.filter((row) => row.label === index);
  return {
    index,
    images: own.length,
    right: own.filter((row) => row.predicted === index).length,
    predicted: rows.filter((row) => row.predicted === index).length,
  };
}

function classColumns(summary: PredictionSummary): Column<ReturnType<typeof classScore>>[] {
  return [
    textColumn('class', null, ({ index }) => className(summary, index) ?? String(index), {
      shrink: { widthMin: 6, lost: 'end' },
    }),
    numberColumn('images', 20, (row) => String(row.images)),
    numberColumn('recall %', null, (row) => percentText(row.right / row.images)),
    numberColumn('predicted', 10, (row) => String(row.predicted)),
    numberColumn('precision %', null, (row) => percentText(row.right / row.predicted)),
  ];
}

function className({ classNames }: PredictionSummary, index: number): string | null {
  return classNames?.[index] ?? null;
}
