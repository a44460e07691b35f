/** The question that a study asked and the answer it got, each in a sentence. */
import {
  countText,
  lambdaText,
  metricName,
  metricText,
  percentText,
} from '../text/number-format.ts';
import { hasReplicates, rankedText } from '../results/result-words.ts';
import type { StudyPicture } from '../charts/study-charts.ts';
import type { StudyResults } from '../results/study-results.ts';

export function questionSentence({ record }: StudyPicture): string {
  const { spec } = record;
  const data =
    spec.dataset.source.kind === 'named' ? spec.dataset.source.name : spec.dataset.source.path;
  const best = spec.objective.direction === 'maximize' ? 'highest' : 'lowest';
  return `Which L2 strength λ gives a two-layer network with ${countText(spec.trainer.hidden, 'hidden unit')}, trained on ${data}, the ${best} ${metricName(spec.objective.metric)}?`;
}

export function answerSentence({ results, record }: StudyPicture): string {
  const { best, winner, counts } = results;
  if (best === null) {
    return `No trial is complete yet: the study is ${results.status}.`;
  }
  const { metric } = record.spec.objective;
  const value = metricText(metric, best.value) ?? 'an unknown value';
  const test =
    best.testAccuracy === null
      ? ''
      : `, and ${percentText(best.testAccuracy)} % on the test images, which took no part in the choice`;
  const mean = hasReplicates(results.stages) ? 'mean ' : '';
  const start =
    winner === null ? `So far λ = ${lambdaText(best.lambda)}` : `λ = ${lambdaText(best.lambda)}`;
  return `${start}: of ${choiceWords(results, counts.complete)} it has the best ${mean}${metricName(metric)}, ${value}${test}.`;
}

/** Who a race left out was no choice any more, also where its one value is higher. */
function choiceWords({ best, stages }: StudyResults, complete: number): string {
  const rows = stages.flatMap((stage) => stage.rows).filter(({ rank }) => rank !== null);
  const last = rows.filter(({ replicates }) => replicates >= (best?.replicates ?? 1));
  const all = `${rankedText(complete, stages)} that are complete`;
  return last.length === rows.length
    ? all
    : `${last.length} λ with ${best?.replicates} replicates each (${all})`;
}
