/** Tie summary: which configurations are not significantly worse than the best, in the few numbers that outputs print. */
import type { StudyStatistics } from '../../search/analysis/study-statistics.ts';
import type { Range } from '../../search/samplers/distribution.ts';
import type { TrainerDescription } from '../../study/trainer-description.ts';

/** How many of the compared configurations are not significantly worse than the best, and which. */
export interface TieSummary {
  readonly tied: number;
  readonly compared: number;
  /** From the smallest to the largest value of their parameter; null unless the study searches one number. */
  readonly range: Range | null;
  /**
   * Name of the one with the largest value, if a larger value gives a simpler model; null otherwise, or if
   * it is the best one.
   */
  readonly conservative: string | null;
  /** Whether one that is significantly worse has a higher value than one that is not. */
  readonly hasGaps: boolean;
}

export function tieSummary(
  { ties, parameter }: StudyStatistics,
  { parameters }: Pick<TrainerDescription, 'parameters'>,
): TieSummary | null {
  if (ties === null) return null;
  const [best] = ties.names;
  const regularizes = parameter !== null && parameters[parameter]?.regularizes === true;
  const isSimpler = regularizes && ties.largest !== best;
  return {
    tied: ties.names.size,
    compared: ties.compared.size,
    range: ties.range,
    conservative: isSimpler ? ties.largest : null,
    hasGaps: [...ties.compared.keys()]
      .slice(0, ties.names.size)
      .some((name) => !ties.names.has(name)),
  };
}
