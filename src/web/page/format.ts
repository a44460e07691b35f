/** Numbers and times as the page shows them: the same digits as the tables of the terminal. */

export function lambdaText(lambda: number): string {
  return lambda.toExponential(2);
}

/** An accuracy as a share; a loss or cost as it is. */
export function valueText(value: number | null): string {
  return value === null ? '–' : value.toFixed(4);
}

export function secondsText(seconds: number | null): string {
  if (seconds === null) return '–';
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  return seconds < 120 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(0)} min`;
}

export function clockText(atMs: number): string {
  return new Date(atMs).toLocaleTimeString([], { hour12: false });
}

export function countText(count: number): string {
  return count.toLocaleString('en');
}

export function metricName(metric: string): string {
  return metric.replaceAll('_', ' ');
}
