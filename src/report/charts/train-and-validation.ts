/**
 * Train-validation chart: training and validation accuracy against the parameter, and the gap between them.
 * With a small λ they differ, because the network memorises its training images; with a large λ both fall.
 */
import * as Plot from '@observablehq/plot';
import type { Range } from '../../search/samplers/distribution.ts';
import { framed, grid } from './chart-frame.ts';
import { splitLegend, type LegendItem } from './chart-legend.ts';
import { grey, ink, type DrawChart } from './chart-style.ts';
import { zeroMarks } from './axis-break.ts';
import {
  paddedDomain,
  parameterDomain,
  parameterScale,
  placeOn,
  scientificText,
  valueScale,
  type ParameterDomain,
} from './axes.ts';

export interface TrainAndValidationInput {
  readonly title: string;
  /** Symbol of the parameter. */
  readonly symbol: string;
  /** Scale of the parameter's axis; default: logarithmic. */
  readonly scale?: ParameterDomain['kind'];
  /** Label of the parameter's axis. */
  readonly parameterLabel: string;
  /** Ranges of the parameter that the axis contains. */
  readonly ranges: readonly (Range | null)[];
  /** The parameter of the best trial, and a word for it such as `winner`. */
  readonly best: { readonly at: number; readonly label: string } | null;
  readonly trials: readonly {
    readonly at: number;
    readonly training: number | null;
    readonly validation: number | null;
  }[];
}

const pairsMax = 2000;

export const trainAndValidation: DrawChart<TrainAndValidationInput> = (document, input, theme) => {
  const all = input.trials.flatMap(({ at, training, validation }) =>
    training === null || validation === null
      ? []
      : [{ at, training: 100 * training, validation: 100 * validation }],
  );
  const every = Math.ceil(all.length / pairsMax);
  const drawn = all.filter((_, index) => index % every === 0);
  const range = parameterDomain(
    drawn.map(({ at }) => at),
    input.ranges,
    input.scale,
  );
  const pairs = drawn
    .map((pair) => ({ ...pair, at: placeOn(range, pair.at) }))
    .toSorted((a, b) => a.at - b.at);
  const values = pairs.flatMap(({ training, validation }) => [training, validation]);
  const domain = paddedDomain(values);
  const r = pairs.length > 200 ? 1.5 : 2.5;
  const validation = { x: 'at', y: 'validation', stroke: ink };
  const training = { x: 'at', y: 'training', stroke: grey };
  return framed(document, theme, {
    title: input.title,
    description: `Training and validation accuracy of ${pairs.length} trials against ${input.symbol}, a dot of each for each trial.`,
    legend: legend(input),
    panels: [
      {
        height: 360,
        draw: ({ innerWidth }) => ({
          x: parameterScale(range, input.parameterLabel, innerWidth),
          y: valueScale('accuracy, %', domain, 6),
          marks: [
            Plot.areaY(pairs, {
              x: 'at',
              y1: 'training',
              y2: 'validation',
              fill: grey,
              fillOpacity: 0.18,
            }),
            grid(6),
            ...zeroMarks(range, domain[0]),
            input.best === null
              ? null
              : Plot.ruleX([placeOn(range, input.best.at)], {
                  stroke: ink,
                  strokeDasharray: '1 3',
                }),
            Plot.line(pairs, { ...training, strokeWidth: 1, strokeDasharray: '5 3' }),
            Plot.line(pairs, { ...validation, strokeWidth: 1 }),
            Plot.dot(pairs, { ...training, r, fill: theme.background }),
            Plot.dot(pairs, { ...validation, r, fill: ink }),
          ],
        }),
      },
    ],
  });
};

function legend(input: TrainAndValidationInput): LegendItem[] {
  const best = input.best === null ? [] : [bestText(input)];
  return [
    ...splitLegend,
    { label: 'gap between them', color: grey, mark: 'area' },
    ...best.map((label): LegendItem => ({ label, color: ink, mark: 'rule' })),
  ];
}

function bestText({ best, symbol }: TrainAndValidationInput): string {
  return best === null ? '' : `${best.label}: ${symbol} ${scientificText(best.at)}`;
}
