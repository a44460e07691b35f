/**
 * Running curves: the curves so far of the trials that train now, of all studies. They come from events, since
 * curves are stored only when a trial ends; memory has a limit.
 */
import { trialName, type Measurement, type TrialId } from '../../study/trial.ts';

/** Most points of a curve. */
export const curvePointsMax = 400;
/** Most curves; those without news for the longest time are dropped. */
const curvesMax = 64;

export class RunningCurves {
  /** By study and trial; the curve with the newest point is the last one. */
  readonly #curves = new Map<string, Measurement[]>();

  measured(study: string, id: TrialId, measurement: Measurement): void {
    const key = toKey(study, trialName(id));
    const points = this.#curves.get(key) ?? [];
    // A restarted trial restarts its curve.
    if ((points.at(-1)?.step ?? 0) >= measurement.step) points.length = 0;
    points.push(measurement);
    if (points.length > curvePointsMax) points.shift();
    this.#curves.delete(key);
    this.#curves.set(key, points);
    const [oldest = key] = this.#curves.keys();
    if (this.#curves.size > curvesMax) this.#curves.delete(oldest);
  }

  ended(study: string, id: TrialId): void {
    this.#curves.delete(toKey(study, trialName(id)));
  }

  /** By step, ascending; empty for a trial that does not train. */
  curve(study: string, trial: string): readonly Measurement[] {
    return this.#curves.get(toKey(study, trial)) ?? [];
  }
}

function toKey(study: string, trial: string): string {
  return `${study} ${trial}`;
}
