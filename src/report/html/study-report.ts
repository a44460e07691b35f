/**
 * Study report: one study as one HTML file, to read, print, mail or archive. It loads nothing and its content
 * security policy forbids scripts. Tables repeat the numbers of the charts, for screen readers.
 */
import { parameterSymbol } from '../../study/search-space.ts';
import { pageTheme, type ChartDocument } from '../charts/chart-style.ts';
import type { ChartKind } from '../charts/chart-kinds.ts';
import { hasReplicates, statisticsWords } from '../results/result-words.ts';
import { drawStudyChart, type StudyPicture } from '../charts/study-charts.ts';
import { descriptionList, html, ownMarkup, type Html } from './html-text.ts';
import { provenance, type ReportMaker } from './report-provenance.ts';
import { reportStyle } from './report-style.ts';
import { curveTables, stageTable, workerTable } from './report-tables.ts';
import { answerSentence, factList, questionSentence } from './report-facts.ts';

/** @param document creates the charts' elements; nothing is added to it */
export function studyReport(
  picture: StudyPicture,
  maker: ReportMaker,
  document: ChartDocument,
): string {
  const { results } = picture;
  const symbol = parameterSymbol(results.parameter);
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'"
        />
        <title>${results.study}: Ridgeline report</title>
        <style>
          ${ownMarkup(reportStyle)}
        </style>
      </head>
      <body>
        <main>
          <p class="quiet">Ridgeline report</p>
          <h1>${results.study}</h1>
          <p>${questionSentence(picture)}</p>
          <p class="answer">${answerSentence(picture)}</p>
          ${factList(picture)} ${statisticsList(picture)} ${warningList(picture)}
          <nav aria-label="Contents">
            <a href="#parameter">${symbol}</a><a href="#curves">Learning curves</a
            ><a href="#tables">Ranked tables</a><a href="#workers">Workers</a
            ><a href="#provenance">Provenance</a>
          </nav>
          ${chartSections(picture, document)}
          <h2 id="tables">Ranked tables</h2>
          ${results.stages.map(
            (stage) =>
              html`<h3>Stage ${stage.name}</h3>
                ${stageTable(results, stage)}`,
          )}
          <h2 id="workers">Workers</h2>
          ${picture.attempts.length === 0 ? null : figure(picture, 'timeline', document, 'Every bar is a pack of trials that one thread trained side by side, from its assignment to its end.')}
          <details>
            <summary>The numbers</summary>
            ${workerTable(picture.attempts)}
          </details>
          <h2 id="provenance">Provenance</h2>
          ${provenance(picture, maker)}
        </main>
      </body>
    </html> `;
  return `${page.html.trim()}\n`;
}

function chartSections(picture: StudyPicture, document: ChartDocument): Html {
  const { results, examples } = picture;
  const symbol = parameterSymbol(results.parameter);
  if (results.best === null)
    return html`<h2 id="parameter">${symbol}</h2>
      <p>No trial is complete yet, so there are no charts.</p>`;
  const hasNarrowed = results.stages.some(({ reason, space }) => reason !== null && space !== null);
  const [dot, one] = hasReplicates(results.stages)
    ? ['configuration, the mean of its replicates', ', replicate 1 of each']
    : ['trial', ''];
  return html`
    <h2 id="parameter">${symbol} against the objective</h2>
    ${figure(picture, 'scatter', document, `One dot for each ${dot}; colour and shape show its stage. A bar at the top is a range that the results of another stage gave. The numbers are in the ranked tables below.`)}
    ${hasNarrowed ? figure(picture, 'zoom', document, 'The scatter within the finest range.') : null}
    ${figure(picture, 'train-validation', document, `Both accuracies against ${symbol}. A large gap between them means overfitting; if both are low, the regularisation is too strong.`)}
    <h2 id="curves">Learning curves</h2>
    ${figure(picture, 'curves', document, `The best, the median and the worst completed trial${one}. The learning rate rises and falls in cycles; the value at the end of a cycle is the one to compare.`)}
    <details>
      <summary>The numbers</summary>
      ${curveTables(examples, results)}
    </details>
  `;
}

function figure(
  picture: StudyPicture,
  kind: ChartKind,
  document: ChartDocument,
  caption: string,
): Html {
  const svg = String(drawStudyChart(document, kind, picture, pageTheme).outerHTML);
  return html`<figure>
    <div class="scroll" tabindex="0" role="group" aria-label="${`Chart: ${kind}`}">
      ${ownMarkup(svg)}
    </div>
    <figcaption>${caption}</figcaption>
  </figure>`;
}

/** Ties, the best value of the curve, and the sources of noise. */
function statisticsList({ results }: StudyPicture): Html | null {
  const words = statisticsWords(results).map(({ label, text }) => [label, text] as const);
  return words.length === 0 ? null : descriptionList(words);
}

function warningList({ results }: StudyPicture): Html | null {
  if (results.warnings.length === 0) return null;
  return html`<section class="warnings">
    <h2>Warnings</h2>
    <ul>
      ${results.warnings.map(({ text }) => html`<li>${text}</li>`)}
    </ul>
  </section>`;
}
