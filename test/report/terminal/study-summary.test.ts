/** What is printed around tables: the status of an unfinished study. */
import { expect, test } from 'vitest';
import { answerLines } from '../../../src/report/terminal/study-summary.ts';
import type { StudyStatus } from '../../../src/study/trial.ts';
import { study, toResults, trials } from '../support/sample-study.ts';

const options = { width: 100, color: (_style: string, text: string) => text, unicode: true };

test.each([
  ['running', true, 'study sample is running'],
  ['running', false, 'study sample is interrupted: no coordinator works on it'],
  ['paused', false, 'study sample is paused'],
] satisfies [StudyStatus, boolean, string][])(
  'results of a study that is %s in the store (with a coordinator: %s) say: %s',
  (status, isServed, text) => {
    const unfinished = { ...study, status, winner: null };
    expect(answerLines(toResults(unfinished, trials, { isServed }), options)[0]).toBe(text);
  },
);
