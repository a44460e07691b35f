/**
 * What regularisation does: accuracy on training and on validation images against log λ, a pair of dots
 * for each trial. Where λ is small the two stand apart (the network remembers its images); where it is
 * large both fall (it can no longer learn). The best λ lies between.
 */
import * as Plot from '@observablehq/plot';
import { framed } from './chart-frame.ts';
import {
  blue,
  vermilion,
  type ChartDocument,
  type ChartElement,
  type ChartTheme,
} from './chart-style.ts';
import { lambdaDomain, lambdaScale } from './lambda-axis.ts';
import { paddedDomain, plainNumber } from './value-axis.ts';

export interface TrainAndValidationInput {
  readonly title: string;
  readonly subtitle?: string | undefined;
  readonly trials: readonly {
    readonly lambda: number;
    readonly trainAccuracy: number | null;
    readonly validationAccuracy: number | null;
  }[];
}

interface Pair {
  readonly lambda: number;
  readonly training: number;
  readonly validation: number;
}

const pairsMax = 2000;

export function trainAndValidation(
  document: ChartDocument,
  input: TrainAndValidationInput,
  theme: ChartTheme,
): ChartElement {
  const all = input.trials.flatMap(({ lambda, trainAccuracy, validationAccuracy }): Pair[] =>
    trainAccuracy === null || validationAccuracy === null || lambda <= 0
      ? []
      : [{ lambda, training: 100 * trainAccuracy, validation: 100 * validationAccuracy }],
  );
  const every = Math.ceil(all.length / pairsMax);
  const pairs = all.filter((_, index) => index % every === 0);
  const dots = { x: 'lambda', r: pairs.length > 200 ? 2.5 : 4, fillOpacity: 0.85 };
  return framed(document, theme, {
    title: input.title,
    subtitle: input.subtitle,
    description: `Training and validation accuracy of ${pairs.length} trials against λ, a pair of dots each.`,
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
          x: lambdaScale(
            lambdaDomain(
              pairs.map(({ lambda }) => lambda),
              [],
            ),
          ),
          y: {
            label: 'accuracy, %',
            labelArrow: 'none',
            labelOffset: 48,
            domain: paddedDomain(
              pairs.flatMap(({ training, validation }) => [training, validation]),
            ),
            ticks: 6,
            tickFormat: plainNumber,
          },
          marks: [
            Plot.gridY({ strokeOpacity: 0.12, ticks: 6 }),
            Plot.ruleX(pairs, {
              x: 'lambda',
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
}
