/**
 * Number format: numbers with fixed digits, so that columns align; files have full precision. A result is
 * null if the value is unknown or not a finite number.
 */
import { classificationMetrics, type Metric } from '../../study/metrics.ts';

/** A share in [0, 1] in percent with two digits, without the sign: `47.12`. */
export function percentText(share: number | null): string | null {
  return isFinite(share) ? (100 * share).toFixed(2) : null;
}

/** Four digits after the point; four significant digits if the value is very small or very large. */
export function lossText(loss: number | null): string | null {
  if (!isFinite(loss)) return null;
  const size = Math.abs(loss);
  return size !== 0 && (size < 0.001 || size >= 10_000) ? loss.toExponential(3) : loss.toFixed(4);
}

/** A p-value with two significant digits: `0.031`, `1.2e-5`. */
export function pValueText(value: number | null): string | null {
  if (!isFinite(value)) return null;
  return value < 0.001 ? value.toExponential(1) : String(Number(value.toPrecision(2)));
}

export function secondsText(seconds: number | null): string | null {
  return isFinite(seconds) ? seconds.toFixed(2) : null;
}

/** The description of a metric; of a name that is not in the list, a metric without a unit. */
export function metricNamed(name: string, metrics = classificationMetrics): Metric {
  const unknown = { kind: 'loss', split: null, direction: null, unit: null } as const;
  return metrics.find((metric) => metric.name === name) ?? { name, ...unknown, description: name };
}

/** A value of a metric, or its error, without the unit: in percent for shares. */
export function bareText({ unit }: Metric, value: number | null): string | null {
  return unit === 'share' ? percentText(value) : lossText(value);
}

/** A value of a metric with its unit, for a sentence: `47.12 %` or `1.5032`. */
export function metricText(metric: Metric, value: number | null): string | null {
  const text = bareText(metric, value);
  return text === null || metric.unit !== 'share' ? text : `${text} %`;
}

/** `47.12 ± 0.50 %`: the value with its standard error, if that is known. */
export function valueWithError(
  metric: Metric,
  value: number | null,
  error: number | null,
): string | null {
  const [text, errorText] = [bareText(metric, value), bareText(metric, error)];
  if (text === null || errorText === null) return metricText(metric, value);
  return `${text} ± ${errorText}${metric.unit === 'share' ? ' %' : ''}`;
}

/** A metric's name in words: `validation accuracy`. */
export function metricName({ name }: Pick<Metric, 'name'>): string {
  return name.replaceAll('_', ' ');
}

/** The label of an axis: `validation accuracy, %`, `validation loss (cross-entropy), nats`. */
export function axisLabel(metric: Metric): string {
  if (metric.unit === 'share') return `${metricName(metric)}, %`;
  if (metric.unit !== 'nats') return metricName(metric);
  return `${metricName(metric)}${metric.kind === 'loss' ? ' (cross-entropy)' : ''}, nats`;
}

/** The head of a column: `validation %` for an accuracy, else the metric's name in words. */
export function metricHead(metric: Metric): string {
  if (metric.unit !== 'share') return metricName(metric);
  return `${metricName({ name: metric.name.replace(/_accuracy$/, '') })} %`;
}

export { durationText } from '../../base/duration.ts';

/** `1 trial`, `2 trials`. @param plural for a noun that does not take an s */
export function countText(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

/** `a, b and c`. */
export function listText(items: readonly string[]): string {
  const [last = '', ...others] = items.toReversed();
  return others.length === 0 ? last : `${others.toReversed().join(', ')} and ${last}`;
}

/** `640 B`, `12 kB`, `3.4 MB`: at most three digits, in powers of 1000. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** The first eight digits of a digest; files have all 64. */
export function shortDigest(digest: string, ellipsis: string): string {
  return digest.length > 8 ? `${digest.slice(0, 8)}${ellipsis}` : digest;
}

/** RFC 3339 in UTC, to the second, with a space for the T. */
export function timeText(timeMs: number): string {
  if (!Number.isFinite(timeMs)) return '–';
  return `${new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

/** ISO 8601 in UTC, to the millisecond, for files. */
export function isoTime(timeMs: number | null): string | null {
  return timeMs === null ? null : new Date(timeMs).toISOString();
}

/** A count or a step: `12,000`. */
export function groupedNumber(value: number): string {
  return value.toLocaleString('en-US');
}

/** A value on a logarithmic axis: `1e-5`, `1.5e-3`. Plot's own label would be `10µ`. */
export function powerText(value: number): string {
  return Number(value.toPrecision(3)).toExponential().replace('+', '');
}

/** `0.3`, never `0.30000000000000004`. */
export function plainNumber(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function isFinite(value: number | null): value is number {
  return value !== null && Number.isFinite(value);
}
