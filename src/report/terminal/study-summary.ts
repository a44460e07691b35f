/**
 * Study summary: the status of a study, its winner, ties, notes and warnings, as lines for people. Tables stand
 * between the answer and the notes; a command whose output is a file for programs prints both on stderr.
 */
import { importanceSentence } from '../results/importance-words.ts';
import { studyImportance } from '../results/study-importance.ts';
import { bestLabel, statisticsWords, winnerFacts, type Labelled } from '../results/result-words.ts';
import { selectedRows } from '../results/select-results.ts';
import type { StudyResults } from '../results/study-results.ts';
import { wrapWords } from '../text/display-width.ts';
import { paragraph, printable, textWidth, type TextOptions } from '../text/text-options.ts';

const indent = ' '.repeat(8);
/** Labels of sentences that belong to the answer. */
const answers: ReadonlySet<string> = new Set(['choice', 'tied', '≈', 'largest']);

/** Empty if there is nothing to say: a complete study always has a winner. */
export function summaryLines(results: StudyResults, options: TextOptions): string[] {
  return [...answerLines(results, options), ...noteLines(results, options)];
}

/** The status of an unfinished study, the winner or the best so far, and how sure that is. */
export function answerLines(results: StudyResults, options: TextOptions): string[] {
  return [...statusLines(results, options), ...winnerLines(results, options)];
}

/** The fitted curve, what ± covers, and warnings. */
export function noteLines(results: StudyResults, options: TextOptions): string[] {
  const warnings = results.warnings.flatMap(({ text }) =>
    paragraph(`warning: ${text}`, options, 'yellow'),
  );
  if (winnerFacts(results) === null) return warnings;
  const notes = statisticsWords(results).filter(({ label }) => !answers.has(label));
  return [...labelledLines([...effectWords(results), ...notes], options), ...warnings];
}

/** Which hyperparameter matters most; nothing if that is unknown. */
function effectWords(results: StudyResults): Labelled[] {
  const importance = studyImportance(results);
  if (importance === null) return [];
  const text = `${importanceSentence(importance)} (fANOVA of ${importance.configurations} trials)`;
  return [{ label: 'effect', text: text.replace('. (', ' (') }];
}

function statusLines(
  { study, status, shownStatus, reason }: StudyResults,
  options: TextOptions,
): string[] {
  if (status === 'complete' && reason === null) return [];
  const state = status === 'failed' ? 'failed' : `is ${shownStatus}`;
  const why = shownStatus === 'interrupted' ? 'no coordinator works on it' : reason;
  const text = `study ${study} ${state}${why === null ? '' : `: ${why}`}`;
  return paragraph(text, options, status === 'failed' ? 'red' : 'cyan');
}

/** The winner with its test accuracy, or the best trial so far. */
function winnerLines(results: StudyResults, options: TextOptions): string[] {
  const facts = winnerFacts(results, selectedRows(results));
  if (facts === null) return [];
  const words = [bestLabel(results), ...facts].map((fact) => printable(fact, options));
  const answer = statisticsWords(results).filter(({ label }) => answers.has(label));
  return [
    ...wrapWords(words, '  ', textWidth(options), indent).map((line, index) =>
      options.color(index === 0 ? 'green' : 'dim', line),
    ),
    ...labelledLines(answer, options),
  ];
}

function labelledLines(words: readonly Labelled[], options: TextOptions): string[] {
  return words.flatMap(({ label, text }) =>
    paragraph(label.padEnd(indent.length) + text, options, 'dim', indent),
  );
}
