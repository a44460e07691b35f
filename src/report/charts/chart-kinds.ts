/** Chart kinds: the charts of a study, for `--help`. This module does not load the code that draws them. */
import { rankConfigurations } from '../../search/ranking/ranking.ts';
import type { Objective } from '../../study/spec/study-spec.ts';
import type { TrialId, TrialRecord } from '../../study/trial.ts';

export const chartKinds = {
  scatter: 'objective against one hyperparameter: stages, fine range, fit, winner',
  slices: 'objective against each hyperparameter, a panel for each',
  parallel: 'a line for each trial through its hyperparameters to the objective',
  importance: 'share of the variance that each hyperparameter explains (fANOVA), with intervals',
  pair: 'map of the predicted objective over the two hyperparameters with the strongest interplay',
  difference: 'difference of each trial to the best one, with simultaneous 95 % intervals',
  zoom: 'the differences within the finest range',
  'train-validation': 'training and validation accuracy against one hyperparameter',
  curves: 'learning curves of the best, the median and the worst trial, or of --trial',
  'all-curves': 'objective over the steps, a line for each trial, coloured by one hyperparameter',
  history: 'objective of each trial in the order of sampling, and the best so far',
  seconds: 'training time against one hyperparameter',
  timeline: 'which worker trained which trials, and when',
} as const;

export type ChartKind = keyof typeof chartKinds;

/** Kinds with one number on an axis or as a colour: the only one of a study, or `--parameter`. */
export const numberKinds: readonly ChartKind[] = [
  'scatter',
  'difference',
  'zoom',
  'train-validation',
  'all-curves',
  'seconds',
];

export function isChartKind(text: string): text is ChartKind {
  return Object.hasOwn(chartKinds, text);
}

export interface ExampleChoice {
  readonly role: 'best' | 'median' | 'worst';
  readonly trial: TrialRecord;
}

/** The best, the median and the worst completed trial: three different ones, or as many as there are. */
export function exampleTrials(
  trials: readonly TrialRecord[],
  objective: Objective,
  stageOrder: readonly string[],
  winner: TrialId | null = null,
): ExampleChoice[] {
  const all = rankConfigurations(trials, objective, stageOrder, { winner });
  const ranked = all.filter(({ rank }) => rank !== null).map(({ trial }) => trial);
  const chosen: [ExampleChoice['role'], TrialRecord | undefined][] = [
    ['best', ranked[0]],
    ['median', ranked.length > 2 ? ranked[Math.floor((ranked.length - 1) / 2)] : undefined],
    ['worst', ranked.length > 1 ? ranked.at(-1) : undefined],
  ];
  return chosen.flatMap(([role, trial]) => (trial === undefined ? [] : [{ role, trial }]));
}
