/** The cyclical learning rate as a line: its corners, and the ends of its cycles. */
import type { Metric } from '../../study/metrics.ts';
import type { TrainerSettings } from '../../study/trainer-description.ts';
import type { Measurement } from '../../study/trial.ts';
import { chartPoints } from '../results/metric-values.ts';

/** Triangular cycles between two rates; `cycleMultiplier` stretches each cycle after the first. */
export interface CyclicalRate {
  readonly min: number;
  readonly max: number;
  /** Half a cycle. */
  readonly stepSize: number;
  readonly cycleMultiplier?: number | undefined;
}

/** The rate of a trainer with cycles; null for other trainers. */
export function cyclicalRateFrom({ learningRate }: TrainerSettings): CyclicalRate | null {
  return isCyclical(learningRate) ? learningRate : null;
}

function isCyclical(rate: unknown): rate is CyclicalRate {
  if (typeof rate !== 'object' || rate === null) return false;
  const fields: Readonly<Record<string, unknown>> = { ...rate };
  return ['min', 'max', 'stepSize'].every((name) => typeof fields[name] === 'number');
}

export interface RatePoint {
  readonly step: number;
  readonly value: number;
}

/** Most corners: more cannot be distinguished. */
const cornersMax = 2000;

/** The corners up to `stepMax`; the rate is linear between them. */
export function rateCorners(rate: CyclicalRate, stepMax: number): RatePoint[] {
  const { min, max, stepSize, cycleMultiplier = 1 } = rate;
  const corners: RatePoint[] = [{ step: 0, value: min }];
  let half = stepSize;
  for (let step = 0; corners.length < cornersMax;) {
    const isRising = corners.length % 2 === 1;
    const [from, to] = isRising ? [min, max] : [max, min];
    if (step + half > stepMax) {
      const share = (stepMax - step) / half;
      if (share > 0) corners.push({ step: stepMax, value: from + share * (to - from) });
      break;
    }
    step += half;
    corners.push({ step, value: to });
    if (!isRising) half *= cycleMultiplier;
  }
  return corners;
}

/** The rate over the steps of a curve; for a trainer without cycles (`rate` null), as measured. */
export function ratePoints(
  curve: readonly Measurement[],
  metrics: readonly Metric[],
  rate: CyclicalRate | null,
  stepMax: number,
): RatePoint[] {
  if (rate !== null) return rateCorners(rate, stepMax);
  const measured = metrics.find(({ name }) => name === 'learning_rate');
  return measured === undefined ? [] : chartPoints(curve, measured);
}

/** The last step of each whole cycle, where the rate is at its minimum. */
export function cycleEnds(rate: CyclicalRate, stepMax: number): number[] {
  return rateCorners(rate, stepMax)
    .filter(({ value }, index) => index > 0 && index % 2 === 0 && value === rate.min)
    .map(({ step }) => step);
}
