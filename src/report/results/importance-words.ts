/** Importance in words: which hyperparameters matter, as far as the trials can tell, and how that was measured. */
import type { Importance, ShareEstimate } from '../../search/analysis/importance.ts';
import type { Metric } from '../../study/metrics.ts';
import { parameterSymbol } from '../../study/search-space.ts';
import { listText, metricName, metricText } from '../text/number-format.ts';

/** `40 %`. */
export function shareText({ share }: Pick<ShareEstimate, 'share'>): string {
  return `${Math.round(100 * share)} %`;
}

/** `28–55 %`. */
export function intervalText({ low, high }: Pick<ShareEstimate, 'low' | 'high'>): string {
  return `${Math.round(100 * low)}–${Math.round(100 * high)} %`;
}

/** Which parameter matters most, or that the trials cannot tell. */
export function importanceSentence({ parameters }: Importance): string {
  const [first, ...others] = parameters;
  if (first === undefined) return '';
  const name = parameterSymbol(first.name);
  const rivals = others.filter(({ total }) => total.high >= first.total.low);
  if (rivals.length === 0)
    return `${name} matters most: it explains ${shareText(first.total)} (${intervalText(first.total)}) of the variance.`;
  const names = [first, ...rivals].map((one) => parameterSymbol(one.name));
  return `Which of ${listText(names)} matters more, these trials cannot tell: their intervals overlap.`;
}

/** The two parameters with the strongest interplay, such as `a and b together explain 20 % (5–40 %) that …`. */
export function pairSentence({ pair: { names, interplay } }: Importance): string {
  const [first, second] = names.map(parameterSymbol);
  return `The strongest pair, ${first} and ${second}, explains ${shareText(interplay)} (${intervalText(interplay)}) that neither explains alone.`;
}

/** From how many trials, and with which floor. */
export function importanceMethod(
  { configurations, floor, floored }: Importance,
  metric: Metric,
): string {
  const start = `fANOVA of ${configurations} trials with 95 % bootstrap intervals; shares include the interplay with other parameters`;
  if (floored === 0) return `${start}.`;
  const value = metricText(metric, floor) ?? String(floor);
  return `${start}. ${floored} trials with a ${metricName(metric)} worse than ${value}, or none, count as ${value}.`;
}

/** Why no importance is shown of several hyperparameters. */
export const noImportanceText =
  'The importance of the hyperparameters is shown from 20 trained configurations on, if their values differ.';
