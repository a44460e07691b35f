/** What `predict` prints: how right a model is on labelled images, and what it says of each. */
import { delimitedText, type FileColumn, type Separator } from '../files/delimited.ts';
import { gridLines, type Column } from './text-table.ts';
import { jsonText, schemaVersion } from '../text/json-value.ts';
import { lossText, percentText } from '../text/number-format.ts';
import { shown, type TextOptions } from '../text/text-options.ts';

export interface Prediction {
  readonly part: string;
  /** Of the image in its part, from 0. */
  readonly index: number;
  readonly label: number;
  readonly predicted: number;
  /** One for each class; they sum to 1. */
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
}

export function predictionsJson(summary: PredictionSummary, rows: readonly Prediction[]): string {
  const { classNames, ...rest } = summary;
  return jsonText({
    schema_version: schemaVersion,
    ...rest,
    class_names: classNames,
    predictions: rows.map((row) => ({ ...row, class_name: nameOf(summary, row.predicted) })),
  });
}

export function predictionsJsonl(summary: PredictionSummary, rows: readonly Prediction[]): string {
  return rows
    .map((row) => {
      const line = { ...row, class_name: nameOf(summary, row.predicted) };
      return `${JSON.stringify(line)}\n`;
    })
    .join('');
}

/** `p0`, `p1`, … are the probabilities by class. */
export function predictionsDelimited(
  summary: PredictionSummary,
  rows: readonly Prediction[],
  separator: Separator,
): string {
  const classes = rows[0]?.probabilities.length ?? 0;
  const columns: readonly FileColumn<Prediction>[] = [
    ['part', (row) => row.part],
    ['index', (row) => row.index],
    ['label', (row) => row.label],
    ['predicted', (row) => row.predicted],
    ['class_name', (row) => nameOf(summary, row.predicted)],
    ...Array.from({ length: classes }, (_, c): FileColumn<Prediction> => [
      `p${c}`,
      (row) => row.probabilities[c] ?? null,
    ]),
  ];
  return delimitedText(columns, rows, separator);
}

/** A line for each class, and what it comes to. */
export function predictionsText(
  summary: PredictionSummary,
  rows: readonly Prediction[],
  options: TextOptions,
): string {
  const classes = rows[0]?.probabilities.length ?? 0;
  const worths = Array.from({ length: classes }, (_, index) => classWorth(index, rows));
  const networks = summary.networks === 1 ? 'one network' : `${summary.networks} networks`;
  const mirror = summary.mirror ? ', each image also mirrored' : '';
  const lines = [
    ...gridLines(columnsFor(summary), worths, options),
    shown(
      `${rows.length} images: accuracy ${percentText(summary.accuracy) ?? '-'} %  loss ${lossText(summary.loss) ?? '-'}  (${networks}${mirror})`,
      options,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

interface ClassWorth {
  readonly index: number;
  readonly images: number;
  readonly right: number;
  readonly predicted: number;
}

function classWorth(index: number, rows: readonly Prediction[]): ClassWorth {
  const own = rows.filter((row) => row.label === index);
  return {
    index,
    images: own.length,
    right: own.filter((row) => row.predicted === index).length,
    predicted: rows.filter((row) => row.predicted === index).length,
  };
}

function columnsFor(summary: PredictionSummary): readonly Column<ClassWorth>[] {
  const right = (head: string, cell: (row: ClassWorth) => string | null): Column<ClassWorth> => ({
    head,
    align: 'right',
    importance: null,
    cell,
  });
  return [
    {
      head: 'class',
      align: 'left',
      importance: null,
      shrink: { widthMin: 6, lost: 'end' },
      cell: (row) => nameOf(summary, row.index) ?? String(row.index),
    },
    right('images', (row) => String(row.images)),
    right('found %', (row) => (row.images === 0 ? null : percentText(row.right / row.images))),
    right('said', (row) => String(row.predicted)),
    right('of them right %', (row) =>
      row.predicted === 0 ? null : percentText(row.right / row.predicted),
    ),
  ];
}

function nameOf({ classNames }: PredictionSummary, index: number): string | null {
  return classNames?.[index] ?? null;
}
