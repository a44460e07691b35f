/** The output of `train`: the curve of one network, several seeds with their means, an ensemble. */
import type { Metric } from '../../study/metrics.ts';
import { toSnake } from '../../study/spec/case-codec.ts';
import { divergedReason, type Measurement, type TrialResult } from '../../study/trial.ts';
import { bySplit, metricIn, metricsJson, pointJson } from '../results/metric-values.ts';
import { meanCurve, sampleDeviation, type SeedResult } from '../results/training-means.ts';
import { documentText } from '../text/json-value.ts';
import { bareText, metricHead, percentText, shortDigest } from '../text/number-format.ts';
import { ellipsis, paragraph, type TextOptions } from '../text/text-options.ts';
import { curveLines } from './curve-table.ts';
import { numberColumn, tableLines, type Column } from './text-table.ts';

export interface EnsembleSummary {
  /** The networks whose probabilities are averaged. */
  readonly members: readonly { readonly seed: number; readonly step: number }[];
  /** Whether each image is also classified mirrored. */
  readonly mirror: boolean;
  /** The ends of cycles that were tried, latest first, with the accuracy of an ensemble that includes them. */
  readonly cycles: readonly {
    readonly cycle: number;
    readonly joins: boolean;
    readonly validationAccuracy: number;
  }[];
  /** Accuracy as a share, loss in nats. */
  readonly validation: { readonly accuracy: number; readonly loss: number };
  readonly test: { readonly accuracy: number; readonly loss: number } | null;
}

/** Comparison of a trial that was trained again with its result in the store. */
export interface StoredComparison {
  readonly trial: string;
  /** Digest in the store. */
  readonly digest: string;
  /** Whether this training gave the same digest. */
  readonly same: boolean;
  /** Keys in which the study file differs from the stored study. */
  readonly changedKeys: readonly string[];
}

export interface TrainingSummary {
  readonly seeds: readonly SeedResult[];
  /** Null if there is no stored result to compare with. */
  readonly stored: StoredComparison | null;
  readonly ensemble: EnsembleSummary | null;
  readonly kernel: string;
  /** Metrics of the trainer. */
  readonly metrics: readonly Metric[];
}

export function trainingJson(summary: TrainingSummary): string {
  const { seeds, ensemble, kernel, metrics } = summary;
  const stored = summary.stored === null ? null : toSnake(summary.stored);
  const [only] = seeds;
  if (seeds.length === 1 && only !== undefined && ensemble === null) {
    return documentText({ ...resultJson(only.result, kernel, metrics), stored });
  }
  const curve = meanCurve(seeds);
  const { members, mirror, cycles } = ensemble ?? {};
  const complete = seeds.every(({ result }) => result.kind === 'complete');
  return documentText({
    status: complete ? 'complete' : 'diverged',
    ...lastJson(curve.at(-1) ?? null, metrics),
    // The ensemble's scores replace the means; those of its networks are in `seeds`.
    ...(ensemble === null ? {} : ensembleScores(ensemble)),
    steps: seeds[0]?.result.steps ?? 0,
    seconds: seeds.reduce((sum, { result }) => sum + result.seconds, 0),
    digest: null,
    kernel,
    stored,
    ...(ensemble === null ? {} : { ensemble: toSnake({ members, mirror, cycles }) }),
    seeds: seeds.map(({ seed, result }) => ({ seed, ...resultJson(result, kernel, metrics) })),
    curve: curve.map((point) => pointJson(point, metrics)),
  });
}

export function trainingText(summary: TrainingSummary, options: TextOptions): string {
  const { seeds, ensemble, metrics, stored } = summary;
  const compared = stored === null ? [] : paragraph(comparisonText(stored, options), options);
  const [only] = seeds;
  if (seeds.length === 1 && only !== undefined && ensemble === null) {
    return `${[...resultLines(only.result, metrics, options), ...compared].join('\n')}\n`;
  }
  const lines = [
    ...tableLines(seedColumns(metrics, options), seeds, options),
    ...meanLines(seeds, metrics, options),
    ...(ensemble === null ? [] : ensembleLines(ensemble, options)),
    ...compared,
  ];
  return `${lines.join('\n')}\n`;
}

type Metrics = readonly Metric[];

function resultLines(result: TrialResult, metrics: Metrics, options: TextOptions): string[] {
  const last = result.curve.at(-1);
  if (result.kind === 'diverged' || last === undefined) return [divergedReason(result.steps)];
  const scores = measuredShares(last, metrics).map(
    (metric) => `${scoreName(metric)} ${percentText(metricIn(last, metric.name))} %`,
  );
  return [
    ...curveLines(result.curve, metrics, options),
    [...scores, `in ${result.seconds.toFixed(2)} s`].join('  '),
    `digest ${result.digest}`,
  ];
}

function comparisonText(stored: StoredComparison, options: TextOptions): string {
  const { trial, digest, same, changedKeys } = stored;
  if (same) return `same digest as ${trial} in the store`;
  const short = shortDigest(digest, ellipsis(options));
  const why =
    changedKeys.length === 0 ? '' : `; the study file has changed in ${changedKeys.join(', ')}`;
  return `other digest than ${trial} in the store, which has ${short}${why}`;
}

function meanLines(seeds: readonly SeedResult[], metrics: Metrics, options: TextOptions): string[] {
  const last = meanCurve(seeds).at(-1);
  if (last === undefined) return ['no means: a seed diverged'];
  const ends = seeds.flatMap(({ result }) => result.curve.at(-1) ?? []);
  const parts = measuredShares(last, metrics).map((metric) => {
    const deviation = sampleDeviation(ends.map((end) => metricIn(end, metric.name) ?? NaN));
    const spread = deviation === null ? '' : ` ± ${percentText(deviation) ?? '-'}`;
    return `${scoreName(metric)} ${percentText(metricIn(last, metric.name)) ?? '-'}${spread} %`;
  });
  const text = `mean of ${seeds.length} seeds (± deviation between seeds): ${parts.join('  ')}`;
  return paragraph(text, options);
}

/** The accuracies that were measured, by split. */
function measuredShares(point: Measurement, metrics: readonly Metric[]): readonly Metric[] {
  return bySplit(metrics).filter(
    ({ unit, name }) => unit === 'share' && metricIn(point, name) !== null,
  );
}

/** `train`, `validation`, `test` for accuracies. */
function scoreName(metric: Metric): string {
  return metricHead(metric).replace(/ %$/, '');
}

function ensembleLines(ensemble: EnsembleSummary, options: TextOptions): string[] {
  const { members, mirror, cycles, validation, test } = ensemble;
  const tried = cycles.map(({ cycle, joins, validationAccuracy }, index) => {
    const verdict = index === 0 ? 'the last one' : joins ? 'joins' : 'does not join: no better';
    return `  end of cycle ${cycle}: validation ${percentText(validationAccuracy)} % (${verdict})`;
  });
  const testText = test === null ? '' : `  test ${percentText(test.accuracy)} %`;
  return [
    `ensemble of ${members.length} networks, probabilities averaged${mirror ? ', also over the mirrored image' : ''}`,
    ...tried,
    `ensemble: validation ${percentText(validation.accuracy)} %${testText}`,
  ].flatMap((line) => paragraph(line, options));
}

/** Importance of the columns; those of other metrics are removed first. */
const importances: Readonly<Record<string, number | null>> = {
  train_accuracy: 70,
  validation_accuracy: null,
  test_accuracy: 80,
  validation_loss: 40,
};

function seedColumns(metrics: Metrics, options: TextOptions): Column<SeedResult>[] {
  const scores = bySplit(metrics).filter(({ unit }) => unit === 'share');
  const losses = metrics.filter(({ kind, split }) => kind === 'loss' && split === 'validation');
  return [
    numberColumn('seed', null, ({ seed }) => String(seed)),
    ...[...scores, ...losses].map((metric): Column<SeedResult> => {
      const head = metric.kind === 'loss' ? 'loss' : metricHead(metric);
      const short = head.replace('validation', 'val');
      const cell = ({ result }: SeedResult): string | null => {
        const last = result.kind === 'complete' ? result.curve.at(-1) : undefined;
        return last === undefined ? null : bareText(metric, metricIn(last, metric.name));
      };
      return numberColumn(head, importances[metric.name] ?? 5, cell, { short });
    }),
    numberColumn('seconds', 30, ({ result }) => result.seconds.toFixed(2)),
    numberColumn('digest', 20, ({ result }) =>
      result.kind === 'complete' ? shortDigest(result.digest, ellipsis(options)) : 'diverged',
    ),
  ];
}

function resultJson(result: TrialResult, kernel: string, metrics: readonly Metric[]): object {
  const last = result.kind === 'complete' ? (result.curve.at(-1) ?? null) : null;
  return {
    status: result.kind,
    ...lastJson(last, metrics),
    steps: result.steps,
    seconds: result.seconds,
    digest: result.kind === 'complete' ? result.digest : null,
    kernel,
    curve: result.curve.map((point) => pointJson(point, metrics)),
  };
}

/** Accuracies, then losses, of all splits. */
function lastJson(last: Measurement | null, metrics: readonly Metric[]): object {
  const named = (kind: Metric['kind']): readonly Metric[] =>
    metrics.filter((metric) => metric.kind === kind);
  return metricsJson(last, [...named('accuracy'), ...named('loss')]);
}

function ensembleScores({ validation, test }: EnsembleSummary): object {
  return {
    train_accuracy: null,
    validation_accuracy: validation.accuracy,
    test_accuracy: test?.accuracy ?? null,
    train_loss: null,
    validation_loss: validation.loss,
    test_loss: test?.loss ?? null,
  };
}
