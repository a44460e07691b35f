/** Point: what the box next to a dot of a chart shows of its trial. */
import { objectiveMetric } from '../../report/results/result-fields.ts';
import { groupedNumber, valueWithError } from '../../report/text/number-format.ts';
import { formatParam, formatParams, parameterSymbol } from '../../study/search-space.ts';
import type { StudyPage } from '../page-messages.ts';
import { trialAddress } from './route.ts';

export function Point({ page, trial }: { readonly page: StudyPage; readonly trial: string }) {
  const point = page.points.find(([, , , name]) => name === trial);
  if (point === undefined) return null;
  const [, at, value, , tied, error, rank, , params, isStopped] = point;
  const end = isStopped === true ? 'stopped' : 'failed';
  const { parameter, styles } = page;
  const metric = objectiveMetric(page);
  return (
    <>
      <a href={trialAddress(page.study, trial)}>{trial}</a>
      <br />
      {parameter === null || at === null
        ? formatParams(params ?? {}, styles)
        : `${parameterSymbol(parameter)} ${formatParam(at, styles?.[parameter])}`}
      <br />
      {value === null ? end : valueWithError(metric, value, error)}
      {rank !== null && <span class="block">rank {groupedNumber(rank)} in the study</span>}
      {tied === false && <span class="block">significantly worse than the best</span>}
    </>
  );
}
