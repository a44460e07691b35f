/** Answer: the result of a study so far: the best trial in large figures, what is uncertain, and warnings. */
import { winnerSentence } from '../../report/files/document-table.ts';
import { objectiveMetric } from '../../report/results/result-fields.ts';
import {
  bestLabel,
  completeText,
  objectiveName,
  rankedText,
  statisticsWords,
  testText,
} from '../../report/results/result-words.ts';
import { groupedNumber, valueWithError } from '../../report/text/number-format.ts';
import { formatParam, parameterSymbol } from '../../study/search-space.ts';
import { isOver } from '../../study/trial.ts';
import type { StudyPage } from '../page-messages.ts';
import { Figures, type Figure } from './figures.tsx';
import { trialAddress } from './route.ts';

export function Answer({ page }: { readonly page: StudyPage }) {
  const { best, winner } = page;
  const sentence = winner === null ? null : winnerSentence(page);
  return (
    <>
      {best === null ? (
        <p class="answer">
          {isOver(page.status) ? 'No trial is complete.' : 'No trial is complete yet.'}
        </p>
      ) : (
        <>
          <p class="answer">
            {bestLabel(page)}: <a href={trialAddress(page.study, best.trial)}>{best.trial}</a>
          </p>
          <Figures figures={answerFigures(page)} />
        </>
      )}
      {/* While the search runs, the figures have all of it. */}
      {sentence !== null && (
        <p class="small sentence">
          <b>{sentence.label}</b>: {sentence.text}
        </p>
      )}
      <p class="small">
        {page.dataset}, seed {page.seed}, {completeText(page.stages)}
      </p>
      <dl class="statistics">
        {statisticsWords(page).map(({ label, text }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <Warnings texts={page.warnings.map(({ text }) => text)} />
      {!page.isCompared && (
        <p class="small">
          The dashboard does not compare this number of trials: <code>ridgeline results</code> and{' '}
          <code>report</code> show which are not significantly worse than the best.
        </p>
      )}
    </>
  );
}

function answerFigures(page: StudyPage): Figure[] {
  const { best, ties, parameters, stages, styles } = page;
  if (best === null) return [];
  const metric = objectiveMetric(page);
  const test = testText(best, page);
  const params = parameters.flatMap((name): Figure[] => {
    const value = best.params[name];
    if (value === undefined) return [];
    return [{ label: parameterSymbol(name), value: formatParam(value, styles?.[name]) }];
  });
  return [
    ...params,
    {
      label: objectiveName(page),
      value: valueWithError(metric, best.value, best.standardError) ?? '–',
    },
    ...(test === null ? [] : [{ label: 'test', value: test }]),
    ...(ties === null || ties.compared < 2
      ? []
      : [
          {
            label: 'not significantly worse',
            value: groupedNumber(ties.tied),
            note: `of ${rankedText(ties.compared, stages)}`,
          },
        ]),
  ];
}

function Warnings({ texts }: { readonly texts: readonly string[] }) {
  if (texts.length === 0) return null;
  return (
    <ul class="warnings">
      {texts.map((text) => (
        <li key={text}>
          <b>Warning</b> {text}
        </li>
      ))}
    </ul>
  );
}
