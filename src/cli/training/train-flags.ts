/** Flags of `ridgeline train`, and which of them cannot be combined. */
import { usageError } from '../process/options.ts';
import { checkChartPath } from '../results/chart-file.ts';
import { checkModelPath } from './model-files.ts';
import type { ChoiceFlags } from './training-choice.ts';

export interface TrainFlags extends ChoiceFlags {
  readonly seeds?: number;
  /** Number of seeds of the ensemble. */
  readonly ensemble?: number;
  readonly threads?: number;
  readonly save?: string;
  readonly chart?: string;
  readonly resume?: boolean;
}

export const seedsMax = 1000;

/** Parses `seeds=10`. */
export function parseEnsemble(text: string): number {
  const count = /^seeds=(?<count>\d{1,4})$/.exec(text)?.groups?.['count'];
  if (count !== undefined && Number(count) >= 1 && Number(count) <= seedsMax) return Number(count);
  throw usageError(
    `--ensemble must be seeds=N with N from 1 to ${seedsMax}, got ${JSON.stringify(text)}.`,
    'For example: --ensemble seeds=10.',
  );
}

export function checkTrainFlags({ seeds, ensemble, save, chart }: TrainFlags): void {
  if (save !== undefined) checkModelPath(save);
  if (chart !== undefined) checkChartPath(chart);
  if (seeds !== undefined && ensemble !== undefined)
    throw usageError(
      '--seeds and --ensemble cannot be combined: both set the number of seeds.',
      `Leave out --seeds: --ensemble seeds=${ensemble} prints the result of each seed too.`,
    );
  if (save !== undefined && (seeds ?? 1) > 1)
    throw usageError(
      `--save needs one network, but --seeds ${seeds} trains several to compare.`,
      `Give --ensemble seeds=${seeds} to save them all, or leave out --seeds.`,
    );
}
