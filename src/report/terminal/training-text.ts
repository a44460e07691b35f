/** What `train` prints: one network's curve, several seeds and their means, an ensemble's worth. */
import type { Measurement, TrialResult } from '../../study/trial.ts';
import { wrapText } from '../text/display-width.ts';
import { gridLines, type Column } from './text-table.ts';
import { jsonText, schemaVersion } from '../text/json-value.ts';
import { lossText, percentText, shortDigest } from '../text/number-format.ts';
import { ellipsisOf, shown, widthOf, type TextOptions } from '../text/text-options.ts';
import { deviationOf, meanCurve, type SeedResult } from '../results/training-means.ts';
import { curveLines } from './trial-text.ts';

/** Accuracy as a share, loss in nats. */
interface Worth {
  readonly accuracy: number;
  readonly loss: number;
}

export interface EnsembleSummary {
  /** Networks that answer together. */
  readonly members: readonly { readonly seed: number; readonly step: number }[];
  /** Whether each image is also seen mirrored. */
  readonly mirror: boolean;
  /** Which cycles' ends were tried, latest first, and what each would have given. */
  readonly cycles: readonly {
    readonly cycle: number;
    readonly joins: boolean;
    readonly validationAccuracy: number;
  }[];
  readonly validation: Worth;
  readonly test: Worth | null;
}

export interface TrainingSummary {
  readonly seeds: readonly SeedResult[];
  readonly ensemble: EnsembleSummary | null;
  readonly kernel: string;
}

export function trainingJson({ seeds, ensemble, kernel }: TrainingSummary): string {
  const [only] = seeds;
  if (seeds.length === 1 && only !== undefined && ensemble === null) {
    return jsonText({ schema_version: schemaVersion, ...resultJson(only.result, kernel) });
  }
  const curve = meanCurve(seeds);
  const last = curve.at(-1) ?? null;
  const complete = seeds.every(({ result }) => result.kind === 'complete');
  return jsonText({
    schema_version: schemaVersion,
    status: complete ? 'complete' : 'diverged',
    ...lastJson(last),
    // An ensemble's own worth stands on top; what its networks are worth alone is below `seeds`.
    ...(ensemble === null ? {} : ensembleTop(ensemble)),
    steps: seeds[0]?.result.steps ?? 0,
    seconds: seeds.reduce((sum, { result }) => sum + result.seconds, 0),
    digest: null,
    kernel,
    ...(ensemble === null ? {} : { ensemble: ensembleJson(ensemble) }),
    seeds: seeds.map(({ seed, result }) => ({ seed, ...resultJson(result, kernel) })),
    curve: curve.map(pointJson),
  });
}

export function trainingText({ seeds, ensemble }: TrainingSummary, options: TextOptions): string {
  const [only] = seeds;
  if (seeds.length === 1 && only !== undefined && ensemble === null) {
    return `${resultLines(only.result, options).join('\n')}\n`;
  }
  const lines = [...gridLines(seedColumns(options), seeds, options), ...meanLines(seeds, options)];
  if (ensemble !== null) lines.push(...ensembleLines(ensemble, options));
  return `${lines.join('\n')}\n`;
}

function resultLines(result: TrialResult, options: TextOptions): string[] {
  const last = result.curve.at(-1);
  if (result.kind === 'diverged' || last === undefined) {
    return [`diverged: the loss was no longer finite after step ${result.steps}`];
  }
  const test = last.testAccuracy === null ? '' : `  test ${percentText(last.testAccuracy)} %`;
  const summary = `train ${percentText(last.trainAccuracy)} %  validation ${percentText(last.validationAccuracy)} %${test}  in ${result.seconds.toFixed(2)} s`;
  return [...curveLines(result.curve, options), summary, `digest ${result.digest}`];
}

function meanLines(seeds: readonly SeedResult[], options: TextOptions): string[] {
  const last = meanCurve(seeds).at(-1);
  if (last === undefined) return ['no means: a seed diverged'];
  const ends = seeds.flatMap(({ result }) => result.curve.at(-1) ?? []);
  const text = (name: string, of: (m: Measurement) => number | null): string => {
    const deviation = deviationOf(ends.map((end) => of(end) ?? NaN));
    const spread = deviation === null ? '' : ` ± ${percentText(deviation) ?? '-'}`;
    return `${name} ${percentText(of(last)) ?? '-'}${spread} %`;
  };
  const parts = [
    text('train', (m) => m.trainAccuracy),
    text('validation', (m) => m.validationAccuracy),
    ...(last.testAccuracy === null ? [] : [text('test', (m) => m.testAccuracy)]),
  ];
  return [
    ...wrapText(
      shown(
        `mean of ${seeds.length} seeds (± deviation between seeds): ${parts.join('  ')}`,
        options,
      ),
      widthOf(options),
      '  ',
    ),
  ];
}

function ensembleLines(ensemble: EnsembleSummary, options: TextOptions): string[] {
  const { members, mirror, cycles, validation, test } = ensemble;
  const tried = cycles.map(({ cycle, joins, validationAccuracy }, index) => {
    const verdict = index === 0 ? 'the last one' : joins ? 'joins' : 'does not join: no better';
    return `  end of cycle ${cycle}: validation ${percentText(validationAccuracy)} % (${verdict})`;
  });
  const onTest = test === null ? '' : `  test ${percentText(test.accuracy)} %`;
  return [
    `ensemble of ${members.length} networks, probabilities averaged${mirror ? ', also over the mirrored image' : ''}`,
    ...tried,
    `ensemble: validation ${percentText(validation.accuracy)} %${onTest}`,
  ].flatMap((line) => wrapText(shown(line, options), widthOf(options), '  '));
}

function seedColumns(options: TextOptions): readonly Column<SeedResult>[] {
  const right = (
    head: string,
    importance: number | null,
    cell: (last: Measurement | null, row: SeedResult) => string | null,
    short = head,
  ): Column<SeedResult> => ({
    head,
    short,
    align: 'right',
    importance,
    cell: (row) =>
      cell(row.result.kind === 'complete' ? (row.result.curve.at(-1) ?? null) : null, row),
  });
  return [
    right('seed', null, (_, { seed }) => String(seed)),
    right('train %', 70, (last) => percentText(last?.trainAccuracy ?? null)),
    right('validation %', null, (last) => percentText(last?.validationAccuracy ?? null), 'val %'),
    right('test %', 80, (last) => percentText(last?.testAccuracy ?? null)),
    right('loss', 40, (last) => lossText(last?.validationLoss ?? null)),
    right('seconds', 30, (_, { result }) => result.seconds.toFixed(2)),
    right('digest', 20, (_, { result }) =>
      result.kind === 'complete' ? shortDigest(result.digest, ellipsisOf(options)) : 'diverged',
    ),
  ];
}

function resultJson(result: TrialResult, kernel: string): object {
  return {
    status: result.kind,
    ...lastJson(result.kind === 'complete' ? (result.curve.at(-1) ?? null) : null),
    steps: result.steps,
    seconds: result.seconds,
    digest: result.kind === 'complete' ? result.digest : null,
    kernel,
    curve: result.curve.map(pointJson),
  };
}

function lastJson(last: Measurement | null): object {
  return {
    train_accuracy: last?.trainAccuracy ?? null,
    validation_accuracy: last?.validationAccuracy ?? null,
    test_accuracy: last?.testAccuracy ?? null,
    train_loss: last?.trainLoss ?? null,
    validation_loss: last?.validationLoss ?? null,
    test_loss: last?.testLoss ?? null,
  };
}

function ensembleTop({ validation, test }: EnsembleSummary): object {
  return {
    train_accuracy: null,
    validation_accuracy: validation.accuracy,
    test_accuracy: test?.accuracy ?? null,
    train_loss: null,
    validation_loss: validation.loss,
    test_loss: test?.loss ?? null,
  };
}

function ensembleJson({ members, mirror, cycles }: EnsembleSummary): object {
  return {
    members,
    mirror,
    cycles: cycles.map(({ cycle, joins, validationAccuracy }) => ({
      cycle,
      joins,
      validation_accuracy: validationAccuracy,
    })),
  };
}

export function pointJson(m: Measurement): Record<string, number> {
  return {
    step: m.step,
    epoch: m.epoch,
    learning_rate: m.learningRate,
    train_loss: m.trainLoss,
    train_cost: m.trainCost,
    train_accuracy: m.trainAccuracy,
    validation_loss: m.validationLoss,
    validation_cost: m.validationCost,
    validation_accuracy: m.validationAccuracy,
  };
}
