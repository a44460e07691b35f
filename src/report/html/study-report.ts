/**
 * One study as one HTML file, to read, print, mail or keep: it loads nothing, runs nothing, and needs
 * nothing but a browser. A policy in its head forbids scripts, should one ever get in.
 *
 * Charts come with their numbers in tables, for those who cannot see them or want to copy them.
 */
import { pageTheme, type ChartDocument } from '../charts/chart-style.ts';
import type { ChartKind } from '../charts/chart-kinds.ts';
import { errorSource, hasReplicates, statisticsWords } from '../results/result-words.ts';
import { drawStudyChart, type StudyPicture } from '../charts/study-charts.ts';
import { html, ownMarkup, type Html } from './html-text.ts';
import { provenance, type ReportMaker } from './report-provenance.ts';
import { reportStyle } from './report-style.ts';
import { curveTables, stageTable, workerTable } from './report-tables.ts';
import { answerSentence, questionSentence } from './report-words.ts';
import { factList } from './report-facts.ts';

/** @param document makes the charts' elements; nothing is put into it */
export function studyReport(
  picture: StudyPicture,
  maker: ReportMaker,
  document: ChartDocument,
): string {
  const { results } = picture;
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
            <a href="#lambda">λ</a><a href="#curves">Learning curves</a
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
          ${picture.attempts.length === 0 ? null : figure(picture, 'timeline', document, 'Every bar is a pack of trials that one thread trained side by side, from its grant to its end.')}
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
  if (results.best === null)
    return html`<h2 id="lambda">λ</h2>
      <p>There is nothing to draw yet.</p>`;
  const hasNarrowed = results.stages.some(({ reason, range }) => reason !== null && range !== null);
  const source = errorSource(results);
  const bars =
    source === null
      ? ''
      : ` A bar is one standard error ${source}: how far the value may lie off by chance.`;
  const [dot, one] = hasReplicates(results.stages)
    ? ['λ, the mean of its replicates', ', replicate 1 of each']
    : ['trial', ''];
  return html`
    <h2 id="lambda">λ against the objective</h2>
    ${figure(picture, 'scatter', document, `A dot for each ${dot}; colour and shape say its stage. The shaded band is the range that the fine stage searched. The numbers are in the ranked tables below.`)}
    ${hasNarrowed ? figure(picture, 'zoom', document, `The same within the finest range.${bars}`) : null}
    ${figure(picture, 'train-validation', document, 'Where λ is small, the network remembers its training images and the two accuracies stand apart; where it is large, both fall.')}
    <h2 id="curves">Learning curves</h2>
    ${figure(picture, 'curves', document, `The best, the median and the worst completed trial${one}. The learning rate goes up and down in cycles; what counts is the value where a cycle ends.`)}
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

/** What the numbers allow to say: who is tied, where the curve has its top, what the noise is about. */
function statisticsList({ results }: StudyPicture): Html | null {
  const words = statisticsWords(results);
  if (words.length === 0) return null;
  return html`<dl class="provenance">
    ${words.map(
      ({ label, text }) =>
        html`<dt>${label}</dt>
          <dd>${text}</dd>`,
    )}
  </dl>`;
}

function warningList({ results }: StudyPicture): Html | null {
  if (results.warnings.length === 0) return null;
  return html`<section class="warnings">
    <h2>Before you believe it</h2>
    <ul>
      ${results.warnings.map((warning) => html`<li>${warning}</li>`)}
    </ul>
  </section>`;
}
