/**
 * Comparison: several studies side by side: their answers as columns of a table, a scatter for each, and the
 * learning curves of their best trials in one chart.
 */
import { useEffect, useState } from 'preact/hooks';
import { pageTheme } from '../../report/charts/chart-style.ts';
import { learningCurve } from '../../report/charts/learning-curve.ts';
import { parameterScatter } from '../../report/charts/parameter-scatter.ts';
import type { StudyLine, StudyPage, TrialCurve } from '../page-messages.ts';
import { Chart } from './chart.tsx';
import { commonAxes, comparedFacts } from './compared-studies.ts';
import type { Zoom } from './dot-places.ts';
import { History } from './history.tsx';
import { studyAddress, trialAddress } from './route.ts';
import { scatterInput } from './scatter-input.ts';
import { requestCurves, requestPage } from './study-requests.ts';

interface Compared {
  readonly page: StudyPage;
  /** Of the best trial; null without one, and before its first measurement. */
  readonly curve: TrialCurve | null;
}

export function Comparison({
  names,
  lines,
}: {
  names: readonly string[];
  lines: readonly StudyLine[];
}) {
  const [compared, setCompared] = useState<readonly Compared[] | null>(null);
  const [isCommon, setCommon] = useState(true);
  // A page changes when a trial of its study ends.
  const states = names.map((name) => {
    const { status, done } = lines.find(({ study }) => study === name) ?? {};
    return [name, status, done];
  });
  useEffect(() => {
    let isCurrent = true;
    void Promise.all(names.map(readStudy)).then((studies) => {
      if (isCurrent) setCompared(studies.filter((study) => study !== null));
    });
    return () => {
      isCurrent = false;
    };
  }, [JSON.stringify(states)]);
  if (compared === null) return <p class="empty">Loading {names.join(', ')}…</p>;
  const pages = compared.map(({ page }) => page);
  const axes = commonAxes(pages);
  return (
    <>
      <section aria-labelledby="comparison">
        <h2 id="comparison">Comparison of {pages.length} studies</h2>
        <FactsTable pages={pages} />
      </section>
      <section aria-labelledby="scatters">
        <div class="title">
          <h2 id="scatters">Every trial</h2>
          {axes !== null && (
            <button type="button" aria-pressed={isCommon} onClick={() => setCommon(!isCommon)}>
              same axes
            </button>
          )}
        </div>
        <div class="side-by-side">
          {pages.map((page) => (
            <div key={page.study}>
              <h3>{page.study}</h3>
              <StudyChart page={page} zoom={(isCommon ? axes : null) ?? {}} />
            </div>
          ))}
        </div>
      </section>
      <BestCurves compared={compared} />
    </>
  );
}

/** The scatter of the parameter; the history of a study that searches several. */
function StudyChart({ page, zoom }: { readonly page: StudyPage; readonly zoom: Partial<Zoom> }) {
  const { parameter } = page;
  if (parameter === null) return <History page={page} />;
  return (
    <Chart
      drawnFor={JSON.stringify([page.points, page.fit, zoom])}
      draw={(width) => {
        const input = scatterInput(page, parameter, zoom, width);
        return parameterScatter(document, { ...input, title: page.study }, pageTheme);
      }}
    />
  );
}

async function readStudy(name: string): Promise<Compared | null> {
  const { value: page } = await requestPage(name);
  if (page === null) return null;
  const curves = page.best === null ? null : await requestCurves(name, [page.best.trial]);
  return { page, curve: curves?.value?.[0] ?? null };
}

function FactsTable({ pages }: { readonly pages: readonly StudyPage[] }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Table of compared studies">
      <table>
        <thead>
          <tr>
            <td />
            {pages.map(({ study }) => (
              <th scope="col" key={study}>
                <a href={studyAddress(study)}>{study}</a>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">best trial</th>
            {pages.map(({ study, best }) => (
              <td key={study}>
                {best === null ? '–' : <a href={trialAddress(study, best.trial)}>{best.trial}</a>}
              </td>
            ))}
          </tr>
          {comparedFacts(pages).map(({ name, values }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {values.map((value, index) => (
                <td key={pages[index]?.study}>{value ?? '–'}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function BestCurves({ compared }: { readonly compared: readonly Compared[] }) {
  const drawn = compared.flatMap(({ page, curve }) => (curve === null ? [] : [{ page, curve }]));
  const [first] = drawn;
  if (first === undefined) return null;
  const { metrics, learningRate } = first.page;
  const isSameRate = drawn.every(
    ({ page }) => JSON.stringify(page.learningRate) === JSON.stringify(learningRate),
  );
  return (
    <section aria-labelledby="best-curves">
      <h2 id="best-curves">Learning curves of the best trials</h2>
      <Chart
        drawnFor={JSON.stringify(
          drawn.map(({ page, curve }) => [page.study, curve.trial, curve.points.at(-1)?.step]),
        )}
        draw={(width) =>
          learningCurve(
            document,
            {
              title: 'Best trials',
              series: drawn.map(({ page, curve }) => ({
                label: `${page.study}: ${curve.trial}`,
                curve: curve.points,
              })),
              // Different learning rates cannot be drawn on one axis.
              metrics: isSameRate
                ? metrics
                : metrics.filter(({ name }) => name !== 'learning_rate'),
              learningRate: isSameRate ? learningRate : null,
              width,
            },
            pageTheme,
          )
        }
      />
    </section>
  );
}
