/** Report captions: what a figure shows in this study, from its numbers. Nothing is said that they do not show. */
import { formatParam, numberParam, parameterSymbol } from '../../study/search-space.ts';
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

/** Training minus validation accuracy at the smallest and the largest value of the parameter. */
export function gapCaption(results: StudyResults): string {
  const { metrics, parameter } = results;
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
    `${percentText(training)} % and ${percentText(validation)} % at ${symbol} ${formatParam(valueAt(row, parameter))}`;
  return `${start} They are ${text(first)}, and ${text(last)}.`;
}

function valueAt({ params }: ResultRow, parameter: string): number {
  return numberParam(params, parameter);
}
