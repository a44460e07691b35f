/** Report captions: what a figure shows in this study, and nothing that its numbers do not show. */
import { formatParam, numberParam, parameterSymbol } from '../../study/search-space.ts';
import type { Importance } from '../../search/analysis/importance.ts';
import { importanceMethod, importanceSentence, pairSentence } from '../results/importance-words.ts';
import { objectiveMetric } from '../results/result-fields.ts';
import { valueOn } from '../results/metric-values.ts';
import type { ResultRow } from '../results/result-row.ts';
import { hasReplicates } from '../results/result-words.ts';
import type { StudyResults } from '../results/study-results.ts';
import { percentText } from '../text/number-format.ts';

export function scatterCaption(results: StudyResults): string {
  const dot = hasReplicates(results.stages) ? 'configuration, the mean of its replicates' : 'trial';
  const narrowed = results.stages
    .filter(({ reason, space }) => reason !== null && space !== null)
    .map(({ name }) => name);
  const bands =
    narrowed.length === 0
      ? ''
      : ` The bar at the top is the range of stage ${narrowed.join(' and ')}, which earlier results gave.`;
  const curve =
    results.fit === null
      ? ''
      : ' The line is the fitted curve. The shaded area is its 95 % band: the scatter of the trials around it, without the choice of validation images, which moves all trials together.';
  const ties = results.ties === null ? '' : ' Hollow marks are significantly worse than the best.';
  return `One mark for each ${dot}; colour and shape show its stage.${ties}${bands}${curve} The numbers are in the ranked tables.`;
}

export function sliceCaption({ stages, ties, parameters }: StudyResults): string {
  const dot = hasReplicates(stages) ? 'configuration, the mean of its replicates' : 'trial';
  const worse = ties === null ? '' : ' Hollow marks are significantly worse than the best.';
  const panels =
    parameters.length > 1 ? 'A panel for each hyperparameter, with the same axis. ' : '';
  return `${panels}One mark for each ${dot}; colour and shape show its stage, and the ring is the best.${worse} Trials without a value are marks at the edge. The numbers are in the ranked tables.`;
}

export function importanceCaption(results: StudyResults, importance: Importance): string {
  const sentences = [
    importanceSentence(importance),
    importanceMethod(importance, objectiveMetric(results)),
  ];
  return sentences.join(' ');
}

export function pairCaption(importance: Importance): string {
  return `${pairSentence(importance)} More ink is a better prediction, averaged over the other hyperparameters.`;
}

export function parallelCaption({ best }: StudyResults): string {
  return `A line for each trial through its values to its objective${best === null ? '' : `; the thickest is ${best.trial}`}.`;
}

/** Training minus validation accuracy at the smallest and the largest value of the parameter. */
export function gapCaption(results: StudyResults): string {
  const { metrics, parameter, styles } = results;
  if (parameter === null) return 'Training and validation accuracy.';
  const symbol = parameterSymbol(parameter);
  const points = results.stages
    .flatMap(({ rows }) => rows)
    .flatMap((row) => {
      const training = valueOn(row, metrics, 'accuracy', 'train');
      const validation = valueOn(row, metrics, 'accuracy', 'validation');
      return training === null || validation === null ? [] : [{ row, training, validation }];
    })
    .toSorted((a, b) => valueAt(a.row, parameter) - valueAt(b.row, parameter));
  const [first, last] = [points[0], points.at(-1)];
  const start = `Training and validation accuracy against ${symbol}.`;
  if (first === undefined || last === undefined || first === last) return start;
  const text = ({ row, training, validation }: typeof first): string =>
    `${percentText(training)} % and ${percentText(validation)} % at ${symbol} ${formatParam(valueAt(row, parameter), styles?.[parameter])}`;
  return `${start} They are ${text(first)}, and ${text(last)}.`;
}

function valueAt({ params }: ResultRow, parameter: string): number {
  return numberParam(params, parameter);
}
