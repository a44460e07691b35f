/** The cyclical rate as a line has it: its corners, and where its cycles end. */
import type { CyclicalRate } from '../../study/spec/study-spec.ts';

export interface RatePoint {
  readonly step: number;
  readonly value: number;
}

/** More than these corners would be a black strip. */
const cornersMax = 2000;

/** The triangle's corners up to `stepMax`: between them the rate is a straight line. */
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

/** The last step of each whole cycle: there the rate is at its minimum, and results count. */
export function cycleEndsUpTo(rate: CyclicalRate, stepMax: number): number[] {
  return rateCorners(rate, stepMax)
    .filter(({ value }, index) => index > 0 && index % 2 === 0 && value === rate.min)
    .map(({ step }) => step);
}
