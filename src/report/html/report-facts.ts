/** The report's main numbers, as a row of cards. */
import {
  countText,
  durationText,
  lambdaText,
  metricText,
  percentText,
} from '../text/number-format.ts';
import { bestLabel, hasReplicates } from '../results/result-words.ts';
import type { StudyPicture } from '../charts/study-charts.ts';
import type { ResultRow } from '../results/study-results.ts';
import { html, type Html } from './html-text.ts';

interface Fact {
  readonly name: string;
  readonly value: string;
  readonly note: string | null;
}

export function factList(picture: StudyPicture): Html {
  return html`<dl class="facts">
    ${factsOf(picture).map(
      ({ name, value, note }) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}${note === null ? null : html`<small>${note}</small>`}</dd>
        </div>`,
    )}
  </dl>`;
}

function factsOf(picture: StudyPicture): Fact[] {
  const { record, results, attempts } = picture;
  const { best, counts } = results;
  const facts: Fact[] = [];
  if (best !== null) {
    const { metric } = record.spec.objective;
    facts.push(
      { name: 'λ', value: lambdaText(best.lambda), note: `${bestLabel(results)}: ${best.trial}` },
      {
        name: metric === 'validation_accuracy' ? 'validation' : metric.replace('_', ' '),
        value: metricText(metric, best.value) ?? '–',
        note: metric.startsWith('validation') ? 'optimistic: it was chosen by it' : null,
      },
    );
    if (best.testAccuracy !== null) {
      facts.push({
        name: 'test',
        value: `${percentText(best.testAccuracy)} %`,
        note: testNote(picture, best),
      });
    }
  }
  const workers = new Set(attempts.map(({ worker }) => worker)).size;
  facts.push({
    name: hasReplicates(results.stages) ? 'λ' : 'trials',
    value: String(counts.complete),
    note: counts.failed > 0 ? `complete; ${counts.failed} failed` : 'complete',
  });
  if (attempts.length > 0) {
    const startMs = attempts.reduce((a, b) => Math.min(a, b.grantedAtMs), Infinity);
    const endMs = attempts.reduce((a, b) => Math.max(a, b.endedAtMs ?? b.grantedAtMs), -Infinity);
    facts.push({
      name: 'took',
      value: durationText(endMs - startMs),
      note: `on ${countText(workers, 'worker')}`,
    });
  }
  return facts;
}

function testNote({ record }: StudyPicture, { replicates }: ResultRow): string {
  if (record.spec.test === 'all') return 'measured in every trial';
  const once = 'measured once, for the winner';
  return replicates > 1 ? `mean of ${replicates} replicates, ${once}` : once;
}
