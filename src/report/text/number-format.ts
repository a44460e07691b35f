/**
 * Numbers for people: fixed digits, so that columns align. Files keep full precision and do not
 * come here. Null is for what is not known, or not a finite number; the caller says how it looks.
 */
import type { ObjectiveMetric } from '../../study/spec/study-spec.ts';

/** Three significant digits: `2.31e-4`. */
export function lambdaText(lambda: number): string {
  return lambda === 0 ? '0' : lambda.toExponential(2);
}

/** A share in [0, 1] as per cent with two digits, without the sign: `47.12`. */
export function percentText(share: number | null): string | null {
  return isKnown(share) ? (100 * share).toFixed(2) : null;
}

/** Four digits after the point, or four significant ones where that says nothing or too much. */
export function lossText(loss: number | null): string | null {
  if (!isKnown(loss)) return null;
  const size = Math.abs(loss);
  return size !== 0 && (size < 0.001 || size >= 10_000) ? loss.toExponential(3) : loss.toFixed(4);
}

export function secondsText(seconds: number | null): string | null {
  return isKnown(seconds) ? seconds.toFixed(2) : null;
}

export function isAccuracy(metric: ObjectiveMetric): boolean {
  return metric === 'validation_accuracy' || metric === 'train_accuracy';
}

/** A value of a metric, or its error, without the unit: per cent for accuracies. */
export function bareText(metric: ObjectiveMetric, value: number | null): string | null {
  return isAccuracy(metric) ? percentText(value) : lossText(value);
}

/** A value of a metric with its unit, for a sentence: `47.12 %` or `1.5032`. */
export function metricText(metric: ObjectiveMetric, value: number | null): string | null {
  const text = bareText(metric, value);
  return text === null || !isAccuracy(metric) ? text : `${text} %`;
}

/** A metric's name in words: `validation accuracy`. */
export function metricName(metric: ObjectiveMetric): string {
  return metric.replace('_', ' ');
}

/** `48 s`, `3 min 20 s`, `2 h 05 min`, `3 d 04 h`: two units at most. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${twoDigits(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${twoDigits(minutes % 60)} min`;
  return `${Math.floor(hours / 24)} d ${twoDigits(hours % 24)} h`;
}

/** `1 trial`, `2 trials`. */
export function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** The first eight digits of a digest: enough to recognise it; files have all 64. */
export function shortDigest(digest: string, ellipsis: string): string {
  return digest.length > 8 ? `${digest.slice(0, 8)}${ellipsis}` : digest;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

function isKnown(value: number | null): value is number {
  return value !== null && Number.isFinite(value);
}
