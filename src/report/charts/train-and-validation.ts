/**
 * The effect of regularisation: accuracy on training and on validation images against the parameter, two dots
 * for each trial. With a small λ the accuracies differ (the network memorises its images); with a large
 * one both fall (it can no longer learn). The best value is between.
 */
import * as Plot from '@observablehq/plot';
import { framed, grid } from './chart-frame.ts';
import { blue, vermilion, type DrawChart } from './chart-style.ts';
import { parameterDomain, parameterScale } from './parameter-axis.ts';
import { paddedDomain, valueScale } from './value-axis.ts';

export interface TrainAndValidationInput {
  readonly title: string;
  /** Of the parameter. */
  readonly symbol: string;
  readonly trials: readonly {
    readonly at: number;
    readonly training: number | null;
    readonly validation: number | null;
  }[];
}

interface Pair {
  readonly at: number;
  readonly training: number;
  readonly validation: number;
}

const pairsMax = 2000;

export const trainAndValidation: DrawChart<TrainAndValidationInput> = (document, input, theme) => {
  const all = input.trials.flatMap(({ at, training, validation }): Pair[] =>
    training === null || validation === null || at <= 0
      ? []
      : [{ at, training: 100 * training, validation: 100 * validation }],
  );
  const every = Math.ceil(all.length / pairsMax);
  const pairs = all.filter((_, index) => index % every === 0);
  const dots = { x: 'at', r: pairs.length > 200 ? 2.5 : 4, fillOpacity: 0.85 };
  const range = parameterDomain(
    pairs.map(({ at }) => at),
    [],
  );
  const values = pairs.flatMap(({ training, validation }) => [training, validation]);
  return framed(document, theme, {
    title: input.title,
    description: `Training and validation accuracy of ${pairs.length} trials against ${input.symbol}, two dots for each.`,
    legend: [
      { label: 'training', color: blue, mark: 'circle' },
      { label: 'validation', color: vermilion, mark: 'triangle' },
    ],
    panels: [
      {
        height: 360,
        options: {
          marginTop: 30,
          marginBottom: 44,
          x: parameterScale(range, input.symbol),
          y: valueScale('accuracy, %', paddedDomain(values), 6),
          marks: [
            grid(6),
            Plot.ruleX(pairs, {
              x: 'at',
              y1: 'training',
              y2: 'validation',
              stroke: 'currentColor',
              strokeOpacity: 0.2,
            }),
            Plot.dot(pairs, { ...dots, y: 'training', fill: blue, symbol: 'circle' }),
            Plot.dot(pairs, { ...dots, y: 'validation', fill: vermilion, symbol: 'triangle' }),
          ],
        },
      },
    ],
  });
};
