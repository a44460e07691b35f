/** Report facts: the main numbers as cards, and the question of the study and its answer in a sentence each. */
import { activeMs } from '../results/attempt-times.ts';
import { formatParam, parameterSymbol } from '../../study/search-space.ts';
import { trainerName } from '../../study/trainer-description.ts';
import type { AttemptRecord } from '../../study/trial.ts';
import type { StudyPicture } from '../charts/study-picture.ts';
import { objectiveMetric } from '../results/result-fields.ts';
import type { ResultRow } from '../results/result-row.ts';
import {
  bestLabel,
  biasText,
  datasetText,
  hasReplicates,
  objectiveName,
  rankedText,
  selectionReasons,
  testText,
} from '../results/result-words.ts';
import type { StudyResults } from '../results/study-results.ts';
import {
  countText,
  durationText,
  listText,
  metricName,
  valueWithError,
} from '../text/number-format.ts';
import { html, type Html } from './html-text.ts';

interface Fact {
  readonly name: string;
  readonly value: string;
  readonly note: string | null;
}

export function questionSentence({ record: { spec }, results }: StudyPicture): string {
  const best = results.objective.direction === 'maximize' ? 'highest' : 'lowest';
  const symbols = listText(results.parameters.map(parameterSymbol));
  const give = results.parameters.length > 1 ? 'give' : 'gives';
  return `Which ${symbols} ${give} the trainer ${trainerName(spec.trainer)}, trained on ${datasetText(spec.dataset)}, the ${best} ${metricName(objectiveMetric(results))}?`;
}

export function answerSentence({ results, record }: StudyPicture): string {
  const { best, winner, counts, status, reason } = results;
  if (best === null) return noAnswer(results);
  const metric = objectiveMetric(results);
  const value = valueWithError(metric, best.value, best.standardError) ?? 'an unknown value';
  const test = testText(best, results);
  const rest = test && `; ${test} on the test images, which took no part in the selection`;
  const mean = hasReplicates(results.stages) ? 'mean ' : '';
  const params = Object.entries(best.params).map(
    ([name, own]) => `${parameterSymbol(name)} = ${formatParam(own, results.styles?.[name])}`,
  );
  const start = winner === null ? `So far ${params.join(', ')}` : params.join(', ');
  const extreme = record.spec.objective.direction === 'maximize' ? 'highest' : 'lowest';
  const shared = sharedText(results);
  const has = shared === null ? 'it has' : 'it shares';
  const end = status === 'failed' && reason !== null ? ` The study failed: ${reason}` : '';
  return `${start}: of ${choiceText(results, counts.complete)} ${has} the ${extreme} ${mean}${metricName(metric)}, ${value}${shared ?? ''}${rest ?? ''}.${end}`;
}

/** ` with 5 others, and was selected (lowest validation loss)`; null if no other has the value. */
function sharedText({ sharedBest }: StudyResults): string | null {
  if (sharedBest === null) return null;
  const others = countText(sharedBest.count - 1, 'other');
  return `, with ${others} (selected: ${selectionReasons[sharedBest.reason]})`;
}

function noAnswer({ status, reason }: StudyResults): string {
  if (status === 'failed') return `The study failed: ${reason ?? 'no trial is complete'}`;
  const because = reason === null ? '' : `: ${reason}`;
  return `No trial is complete; the study is ${status}${because}.`;
}

/** A race chooses among the configurations with the most replicates; one with fewer may have a higher value. */
function choiceText({ best, stages }: StudyResults, complete: number): string {
  const rows = stages.flatMap((stage) => stage.rows).filter(({ rank }) => rank !== null);
  const last = rows.filter(({ replicates }) => replicates >= (best?.replicates ?? 1));
  const all = `${rankedText(complete, stages)} that are complete`;
  return last.length === rows.length
    ? all
    : `${countText(last.length, 'configuration')} with ${best?.replicates} replicates each (${all})`;
}

export function factList(picture: StudyPicture): Html {
  return html`<dl class="facts">
    ${studyFacts(picture).map(
      ({ name, value, note }) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}${note === null ? null : html`<small>${note}</small>`}</dd>
        </div>`,
    )}
  </dl>`;
}

function studyFacts(picture: StudyPicture): Fact[] {
  const { results, attempts } = picture;
  const { best, counts } = results;
  const facts: Fact[] = best === null ? [] : bestFacts(picture, best);
  facts.push({
    name: hasReplicates(results.stages) ? 'configurations' : 'trials',
    value: String(counts.complete),
    note: counts.failed > 0 ? `complete; ${counts.failed} failed` : 'complete',
  });
  if (attempts.length > 0) {
    const { startMs, endMs } = timeSpan(attempts);
    const active = durationText(activeMs(attempts));
    const span = durationText(endMs - startMs);
    const pauses = active === span ? '' : `; ${span} with pauses`;
    const note = `on ${countText(workerCount(attempts), 'worker')}${pauses}`;
    facts.push({ name: 'took', value: active, note });
  }
  return facts;
}

export function workerCount(attempts: readonly AttemptRecord[]): number {
  return new Set(attempts.map(({ worker }) => worker)).size;
}

/** Times of the first assignment and the last end. */
export function timeSpan(attempts: readonly AttemptRecord[]) {
  return {
    startMs: attempts.reduce((a, b) => Math.min(a, b.assignedAtMs), Infinity),
    endMs: attempts.reduce((a, b) => Math.max(a, b.endedAtMs ?? b.assignedAtMs), -Infinity),
  };
}

function bestFacts({ results, record }: StudyPicture, best: ResultRow): Fact[] {
  const metric = objectiveMetric(results);
  const note = `${bestLabel(results)}: ${best.trial}`;
  const facts: Fact[] = Object.entries(best.params).map(([name, value]) => ({
    name: parameterSymbol(name),
    value: formatParam(value, results.styles?.[name]),
    note,
  }));
  facts.push({
    name: objectiveName(results),
    value: valueWithError(metric, best.value, best.standardError) ?? '–',
    note: metric.split === 'validation' ? biasText(metric) : null,
  });
  const test = testText(best, results);
  if (test !== null) {
    const mean = best.replicates > 1 ? `mean of ${best.replicates} replicates, ` : '';
    const once = `${mean}measured once, for the winner`;
    const when = record.spec.test === 'all' ? 'measured in every trial' : once;
    facts.push({ name: 'test', value: test, note: when });
  }
  return facts;
}
