/**
 * Study report: one study as one HTML file, to read, print, mail or archive. It loads nothing and its content
 * security policy forbids scripts. Tables repeat the numbers of the charts, for screen readers.
 */
import { parameterSymbol } from '../../study/search-space.ts';
import { pageTheme, type ChartDocument } from '../charts/chart-style.ts';
import type { ChartKind } from '../charts/chart-kinds.ts';
import { noImportanceText } from '../results/importance-words.ts';
import { studyImportance } from '../results/study-importance.ts';
import { hasReplicates, statisticsWords } from '../results/result-words.ts';
import type { StageResults, StudyResults } from '../results/study-results.ts';
import { drawStudyChart } from '../charts/study-charts.ts';
import type { StudyPicture } from '../charts/study-picture.ts';
import { descriptionList, html, ownMarkup, type Html } from './html-text.ts';
import { provenance, type ReportMaker } from './report-provenance.ts';
import { reportStyle } from './report-style.ts';
import {
  gapCaption,
  importanceCaption,
  pairCaption,
  parallelCaption,
  scatterCaption,
  sliceCaption,
} from './report-captions.ts';
import { glossary, methodSection } from './report-method.ts';
import {
  bestTable,
  curveTables,
  importanceTable,
  stageTable,
  workerTable,
} from './report-tables.ts';
import { answerSentence, factList, questionSentence } from './report-facts.ts';

/** @param document creates the charts' elements; nothing is added to it */
export function studyReport(
  picture: StudyPicture,
  maker: ReportMaker,
  document: ChartDocument,
): string {
  const { results } = picture;
  const figures = new Figures(picture, document);
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
          ${contents(picture)} ${chartSections(picture, figures)}
          <h2 id="tables">Ranked tables</h2>
          ${bestTable(results)}
          ${stagesOf(results).map(
            (stage) =>
              html`<h3>Stage ${stage.name}</h3>
                ${stageTable(results, stage)}`,
          )}
          ${glossary()}
          <h2 id="method">Method</h2>
          ${methodSection(picture)}
          <h2 id="workers">Workers</h2>
          ${picture.attempts.length === 0 ? null : figures.next('timeline', 'Every bar is a pack of trials that one thread trained side by side, from its assignment to its end.')}
          ${workerTable(picture)}
          <h2 id="provenance">Provenance</h2>
          ${provenance(picture, maker)}
        </main>
      </body>
    </html> `;
  return `${page.html.trim()}\n`;
}

/** Without completed trials there are no charts to go to. */
function contents({ results }: StudyPicture): Html {
  const { parameter } = results;
  const searched = parameter === null ? 'Hyperparameters' : parameterSymbol(parameter);
  const charts =
    results.best === null
      ? null
      : html`<a href="#parameter">${searched} and the objective</a
          ><a href="#curves">Learning curves</a>`;
  return html`<nav aria-label="Contents">
    ${charts}<a href="#tables">Ranked tables</a><a href="#method">Method</a
    ><a href="#workers">Workers</a><a href="#provenance">Provenance</a>
  </nav>`;
}

/** The stage of the best trial first, then the others from the last to the first. */
function stagesOf({ stages, best }: StudyResults): readonly StageResults[] {
  return stages
    .toReversed()
    .toSorted((a, b) => Number(b.name === best?.stage) - Number(a.name === best?.stage));
}

function chartSections({ results, examples }: StudyPicture, figures: Figures): Html | null {
  if (results.best === null) return null;
  const { parameter } = results;
  const one = hasReplicates(results.stages) ? ', replicate 1 of each' : '';
  return html`
    <h2 id="parameter">
      ${parameter === null ? 'Hyperparameters' : parameterSymbol(parameter)} against the objective
    </h2>
    ${parameter === null ? spaceFigures(results, figures) : numberFigures(results, figures)}
    ${figures.next('history', 'The objective of each trial in the order of sampling, and the best so far.')}
    <h2 id="curves">Learning curves</h2>
    ${figures.next('curves', `The best, the median and the worst completed trial${one}. Trials are ranked by the value at the last step.`)}
    <details>
      <summary>The numbers</summary>
      ${curveTables(examples, results)}
    </details>
  `;
}

/** One number on the axis. */
function numberFigures(results: StudyResults, figures: Figures): Html {
  const hasNarrowed = results.stages.some(({ reason, space }) => reason !== null && space !== null);
  return html`${figures.next('scatter', scatterCaption(results))}
  ${hasNarrowed ? figures.next('zoom', zoomCaption(results)) : null}
  ${figures.next('train-validation', gapCaption(results))}`;
}

/** Several hyperparameters, or a list of values. */
function spaceFigures(results: StudyResults, figures: Figures): Html {
  const importance = studyImportance(results);
  const isMany = results.parameters.length > 1;
  return html`${figures.next('slices', sliceCaption(results))}
  ${
    importance === null
      ? null
      : html`${figures.next('importance', importanceCaption(results, importance))}
        ${importanceTable(importance)} ${figures.next('pair', pairCaption(importance))}`
  }
  ${isMany && importance === null ? html`<p class="quiet">${noImportanceText}</p>` : null}
  ${isMany ? figures.next('parallel', parallelCaption(results)) : null}`;
}

/** Draws the charts of a report, numbered from 1. */
class Figures {
  readonly #picture: StudyPicture;
  readonly #document: ChartDocument;
  #count = 0;

  constructor(picture: StudyPicture, document: ChartDocument) {
    this.#picture = picture;
    this.#document = document;
  }

  next(kind: ChartKind, caption: string): Html {
    this.#count += 1;
    return html`<figure>
      <div class="wide">${this.#draw(kind)}</div>
      <div class="narrow">${this.#draw(kind, phoneWidth)}</div>
      <figcaption><b>Figure ${this.#count}.</b> ${caption}</figcaption>
    </figure>`;
  }

  #draw(kind: ChartKind, width?: number): Html {
    const theme = { ...pageTheme, width };
    return ownMarkup(String(drawStudyChart(this.#document, kind, this.#picture, theme).outerHTML));
  }
}

/** Charts are drawn for a phone as well, since a wide one would be too small there. In pixels. */
const phoneWidth = 360;

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

function zoomCaption({ ties }: StudyResults): string {
  if (ties === null) return 'The finest range alone.';
  return 'The finest range alone: differences to the best trial on the same images. The intervals hold for all of them at once; one that contains 0 belongs to a trial that is not significantly worse.';
}
