/** Charts of training without a search. Plot and linkedom are loaded only when something is drawn. */
import type { RateRangeInput } from '../../report/charts/learning-rate-range.ts';
import { lambdaText } from '../../report/text/number-format.ts';
import { meanCurve, type SeedResult } from '../../report/results/training-means.ts';
import { writeChart } from '../results/chart-file.ts';
import type { TrainingChoice } from './training-choice.ts';

/** Curves of cost, loss and accuracy over the learning rate; of several seeds their mean. */
export async function drawTraining(
  path: string,
  { name, lambda, settings }: TrainingChoice,
  seeds: readonly SeedResult[],
): Promise<void> {
  const [{ svgText }, { learningCurve }, { fileTheme }] = await Promise.all([
    import('../../report/charts/svg-text.ts'),
    import('../../report/charts/learning-curve.ts'),
    import('../../report/charts/chart-style.ts'),
  ]);
  const complete = seeds.filter(({ result }) => result.kind === 'complete');
  const numbers = complete.map(({ seed }) => seed);
  const which = numbers.length === 1 ? `seed ${numbers[0]}` : `mean of seeds ${numbers.join(', ')}`;
  const input = {
    title: `${name}: learning curves`,
    subtitle: `λ ${lambdaText(lambda)}, ${settings.hidden} hidden units, ${which}`,
    series: [{ label: name, curve: meanCurve(complete) }],
    learningRate: settings.learningRate,
  };
  await writeChart(
    path,
    svgText((document) => learningCurve(document, input, fileTheme)),
  );
}

export async function drawRange(
  path: string,
  name: string,
  range: Pick<RateRangeInput, 'points' | 'suggested'>,
): Promise<void> {
  const [{ svgText }, { learningRateRange }, { fileTheme }] = await Promise.all([
    import('../../report/charts/svg-text.ts'),
    import('../../report/charts/learning-rate-range.ts'),
    import('../../report/charts/chart-style.ts'),
  ]);
  const input = { title: `${name}: accuracy against a rising learning rate`, ...range };
  await writeChart(
    path,
    svgText((document) => learningRateRange(document, input, fileTheme)),
  );
}
