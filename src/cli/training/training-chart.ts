/** Training charts: charts of training without a search. Plot and linkedom are loaded only for them. */
import type { RateRangeInput } from '../../report/charts/learning-rate-range.ts';
import { meanCurve, type SeedResult } from '../../report/results/training-means.ts';
import { formatParams } from '../../study/search-space.ts';
import { twoLayerSettings } from '../../trainers/two-layer/settings.ts';
import { drawChart } from '../results/chart-file.ts';
import type { TrainingChoice } from './training-choice.ts';

/** Cost, loss and accuracy above the learning rate; the mean of several seeds. */
export async function drawTraining(
  path: string,
  { name, params, settings }: TrainingChoice,
  seeds: readonly SeedResult[],
): Promise<void> {
  const { learningCurve } = await import('../../report/charts/learning-curve.ts');
  const { hidden, learningRate } = twoLayerSettings(settings);
  const complete = seeds.filter(({ result }) => result.kind === 'complete');
  const numbers = complete.map(({ seed }) => seed);
  const which = numbers.length === 1 ? `seed ${numbers[0]}` : `mean of seeds ${numbers.join(', ')}`;
  const input = {
    title: `${name}: learning curves`,
    subtitle: `${formatParams(params)}, ${hidden} hidden units, ${which}`,
    series: [{ label: name, curve: meanCurve(complete) }],
    learningRate,
  };
  await drawChart(path, (document, theme) => learningCurve(document, input, theme));
}

export async function drawRange(
  path: string,
  name: string,
  range: Pick<RateRangeInput, 'points' | 'suggested'>,
): Promise<void> {
  const { learningRateRange } = await import('../../report/charts/learning-rate-range.ts');
  const input = { title: `${name}: accuracy against a rising learning rate`, ...range };
  await drawChart(path, (document, theme) => learningRateRange(document, input, theme));
}
