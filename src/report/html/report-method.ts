/**
 * Report method: how the numbers of a study came about, in sentences that a paper can use: data, model,
 * search, selection and test. They follow from the study file and say nothing about the results.
 */
import {
  formatParam,
  givenDistribution,
  numberStyle,
  parameterSymbol,
  type StageDistribution,
} from '../../study/search-space.ts';
import type { SamplerSpec } from '../../study/spec/sampler-keys.ts';
import type { Selection, StageSpec, StudySpec } from '../../study/spec/study-spec.ts';
import type { StudyPicture } from '../charts/study-picture.ts';
import { objectiveMetric } from '../results/result-fields.ts';
import { datasetText } from '../results/result-words.ts';
import { countText, groupedNumber, metricName } from '../text/number-format.ts';
import { descriptionList, html, type Html } from './html-text.ts';

export function methodSection(picture: StudyPicture): Html {
  const { record, method } = picture;
  const { spec } = record;
  const rows: [string, string][] = [
    ['data', dataText(picture)],
    ...method.map((sentence): [string, string] => splitLabel(sentence)),
    ['search', searchText(spec)],
    ['selection', selectionText(picture)],
    ['test', testText(spec)],
  ];
  return descriptionList(rows);
}

/** `Network: …` as its label and its text. */
function splitLabel(sentence: string): [string, string] {
  const [label = '', ...rest] = sentence.split(': ');
  return [label.toLowerCase(), rest.join(': ')];
}

function dataText({ record, results }: StudyPicture): string {
  const { dataset } = record.spec;
  if (dataset === undefined) return `${datasetText(dataset)}.`;
  const isCounted =
    (!Array.isArray(dataset.validation) && 'count' in dataset.validation) ||
    results.validationCount === null;
  const count = isCounted ? '' : ` (${groupedNumber(results.validationCount ?? 0)} images)`;
  const parts = [
    `training: ${splitText(dataset.train)}`,
    `validation: ${splitText(dataset.validation)}${count}`,
    ...(dataset.test === undefined ? [] : [`test: ${splitText(dataset.test)}`]),
  ];
  return `${datasetText(dataset)}; ${parts.join(', ')}. No image is in two splits.`;
}

function splitText(selection: Selection): string {
  if ('count' in selection) return `${groupedNumber(selection.count)} images`;
  if ('fraction' in selection)
    return `${Number((100 * selection.fraction).toPrecision(6))} % of the images`;
  return selection.join(' + ');
}

function searchText({ stages, seed, replicates, racing }: StudySpec): string {
  const sentences = stages.map((stage) => `${stage.name}: ${stageText(stage)}`);
  if (replicates > 1)
    sentences.push(
      racing
        ? `up to ${replicates} replicates (other seeds) of each value, as long as it is not significantly worse than the best`
        : `${replicates} replicates (other seeds) of each value`,
    );
  const usesResults = stages.some(({ sampler }) => sampler === 'model');
  const origin = usesResults
    ? `the seed (${seed}), its own number and the results of trials with smaller numbers`
    : `the seed (${seed}) and its own number`;
  return `${sentences.join('; ')}. Each trial follows from ${origin}.`;
}

/** `30 values of λ from 1.00e-9 to 1.00e-1, log-uniform`. */
function stageText({ trials, search, also = [], ...how }: StageSpec): string {
  const entries = Object.entries(search);
  const noun = entries.length > 1 ? 'configuration' : 'value';
  const words = entries.map(([name, from]) => `${parameterSymbol(name)} ${valuesText(from)}`);
  const known = also.length === 0 ? '' : `; and ${countText(also.length, `known ${noun}`)}`;
  return `${countText(trials, noun)} of ${words.join('; ')}${samplerText(how)}${known}`;
}

function samplerText({ sampler, round, lag, after }: SamplerSpec): string {
  if (sampler === undefined) return '';
  if (sampler === 'spread') return '; spread evenly by a shifted Sobol sequence';
  if (sampler === 'grid') return '; all combinations of evenly spaced levels';
  const pace = lag === undefined ? `in rounds of ${round ?? 1}` : `with a lag of ${lag}`;
  const from = after === undefined ? '' : `, starting from the results of stage ${after}`;
  return `; proposed near the best results by tree-structured Parzen estimators ${pace}${from}`;
}

function valuesText(from: StageDistribution): string {
  const given = givenDistribution(from);
  if (given === null)
    return `within a range narrowed by the results of stage ${from.narrow ?? ''}, log-uniform`;
  const conditions = Object.entries(given.where ?? {}).map(
    ([name, values]) => `${parameterSymbol(name)} is ${values.map(String).join(' or ')}`,
  );
  const when = conditions.length === 0 ? '' : `, if ${conditions.join(' and ')}`;
  if (given.distribution === 'values')
    return `one of ${given.values.map(String).join(', ')}${when}`;
  const style = numberStyle(given);
  const ends = `from ${formatParam(given.min, style)} to ${formatParam(given.max, style)}`;
  return `${ends}, ${distributionWords[given.distribution]}${when}`;
}

const distributionWords = {
  log_uniform: 'log-uniform',
  uniform: 'uniform',
  integer: 'uniform over whole numbers',
  log_integer: 'log-uniform over whole numbers',
} as const;

function selectionText({ record, results }: StudyPicture): string {
  const best = record.spec.objective.direction === 'maximize' ? 'highest' : 'lowest';
  const mean = record.spec.replicates > 1 ? ' mean' : '';
  return `the ${best}${mean} ${metricName(objectiveMetric(results))} at the last step, over all stages; among equal values the lowest validation loss.`;
}

function testText({ dataset, test }: StudySpec): string {
  if (dataset?.test === undefined) return 'the study has no test split.';
  return test === 'all'
    ? 'every trial is measured on the test split, which took no part in the selection.'
    : 'the selected trial alone is trained again and measured once on the test split, which took no part in the search.';
}

/** Terms of the report in a line each. */
export function glossary(): Html {
  return html`<details>
    <summary>Terms</summary>
    ${descriptionList([
      ['trial', 'one training with one set of hyperparameter values; stages are groups of trials'],
      ['±', 'one standard error'],
      ['≈', 'not significantly worse than the best; this is no proof that it is as good'],
      [
        'curve',
        'a smooth fit of all trials; its 95 % band covers the scatter of the trials, not the choice of images',
      ],
      ['digest', 'SHA-256 of the trained parameters; equal digests mean equal bits'],
      ['audit', 'a second training of a trial by another worker, compared bit by bit'],
    ])}
  </details>`;
}
