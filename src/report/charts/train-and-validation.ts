/**
 * Train-validation chart: training and validation accuracy against the parameter, two dots for each trial.
 * With a small λ they differ, because the network memorises its training images; with a large λ both fall.
 */
import * as Plot from '@observablehq/plot';
import { framed, grid, splitLegend } from './chart-frame.ts';
import { blue, vermilion, type DrawChart } from './chart-style.ts';
import { paddedDomain, parameterDomain, parameterScale, valueScale } from './axes.ts';

export interface TrainAndValidationInput {
  readonly title: string;
  /** Symbol of the parameter. */
  readonly symbol: string;
  readonly trials: readonly {
    readonly at: number;
    readonly training: number | null;
    readonly validation: number | null;
  }[];
}

const pairsMax = 2000;

export const trainAndValidation: DrawChart<TrainAndValidationInput> = (document, input, theme) => {
  const all = input.trials.flatMap(({ at, training, validation }) =>
    training === null || validation === null || at <= 0
      ? []
      : [{ at, training: 100 * training, validation: 100 * validation }],
  );
  const every = Math.ceil(all.length / pairsMax);
  const pairs = all.filter((_, index) => index % every === 0);
  const dots = { x: 'at', r: pairs.length > 200 ? 2.5 : 4, fillOpacity: 0.85 };
  const bar = { x: 'at', y1: 'training', y2: 'validation' };
  const places = pairs.map(({ at }) => at);
  const range = parameterDomain(places, []);
  const values = pairs.flatMap(({ training, validation }) => [training, validation]);
  return framed(document, theme, {
    title: input.title,
    description: `Training and validation accuracy of ${pairs.length} trials against ${input.symbol}, two dots for each.`,
    legend: splitLegend,
    panels: [
      {
        height: 360,
        marginTop: 30,
        marginBottom: 44,
        x: parameterScale(range, input.symbol),
        y: valueScale('accuracy, %', paddedDomain(values), 6),
        marks: [
          grid(6),
          Plot.ruleX(pairs, { ...bar, stroke: 'currentColor', strokeOpacity: 0.2 }),
          Plot.dot(pairs, { ...dots, y: 'training', fill: blue, symbol: 'circle' }),
          Plot.dot(pairs, { ...dots, y: 'validation', fill: vermilion, symbol: 'triangle' }),
        ],
      },
    ],
  });
};
