/** Importance table: the shares of the hyperparameters with their intervals, for a terminal. */
import type { ParameterImportance } from '../../search/analysis/importance.ts';
import { parameterSymbol } from '../../study/search-space.ts';
import {
  importanceMethod,
  importanceSentence,
  intervalText,
  noImportanceText,
  pairSentence,
  shareText,
} from '../results/importance-words.ts';
import { objectiveMetric } from '../results/result-fields.ts';
import { studyImportance } from '../results/study-importance.ts';
import type { StudyResults } from '../results/study-results.ts';
import { paragraph, type TextOptions } from '../text/text-options.ts';
import { numberColumn, tableLines, textColumn } from './text-table.ts';

/** Empty for one hyperparameter. */
export function importanceLines(results: StudyResults, options: TextOptions): string[] {
  if (results.parameters.length < 2) return [];
  const importance = studyImportance(results);
  if (importance === null) return ['', ...paragraph(noImportanceText, options, 'dim')];
  const columns = [
    textColumn<ParameterImportance>('importance', null, ({ name }) => parameterSymbol(name)),
    numberColumn<ParameterImportance>('share', null, ({ total }) => shareText(total)),
    numberColumn<ParameterImportance>('95 % interval', null, ({ total }) => intervalText(total)),
    numberColumn<ParameterImportance>('alone', 1, ({ alone }) => shareText(alone)),
  ];
  const sentences = [
    importanceSentence(importance),
    pairSentence(importance),
    importanceMethod(importance, objectiveMetric(results)),
  ];
  return [
    '',
    ...tableLines(columns, importance.parameters, options),
    ...sentences.flatMap((sentence) => paragraph(`  ${sentence}`, options, 'dim', '  ')),
  ];
}
