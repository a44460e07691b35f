/**
 * Study summary: the status of a study, its winner, ties, notes and warnings, as lines for people. Tables end
 * with it; a command whose output is a file for programs prints it on stderr.
 */
import { bestLabel, statisticsWords, winnerFacts } from '../results/result-words.ts';
import type { StudyResults } from '../results/study-results.ts';
import { wrapWords } from '../text/display-width.ts';
import { paragraph, printable, textWidth, type TextOptions } from '../text/text-options.ts';

const indent = ' '.repeat(8);

/** Empty if there is nothing to say: a complete study always has a winner. */
export function summaryLines(results: StudyResults, options: TextOptions): string[] {
  const warnings = results.warnings.flatMap(({ text }) =>
    paragraph(`warning: ${text}`, options, 'yellow'),
  );
  return [...statusLines(results, options), ...winnerLines(results, options), ...warnings];
}

function statusLines({ study, status, reason }: StudyResults, options: TextOptions): string[] {
  if (status === 'complete' && reason === null) return [];
  const text = `study ${study} is ${status}${reason === null ? '' : `: ${reason}`}`;
  return paragraph(text, options, status === 'failed' ? 'red' : 'cyan');
}

/** The winner with its test accuracy, or the best trial so far. */
function winnerLines(results: StudyResults, options: TextOptions): string[] {
  const facts = winnerFacts(results);
  if (facts === null) return [];
  const words = [bestLabel(results), ...facts].map((fact) => printable(fact, options));
  return [
    ...wrapWords(words, '  ', textWidth(options), indent).map((line, index) =>
      options.color(index === 0 ? 'green' : 'dim', line),
    ),
    ...statisticsWords(results).flatMap(({ label, text }) =>
      paragraph(label.padEnd(indent.length) + text, options, 'dim', indent),
    ),
  ];
}
