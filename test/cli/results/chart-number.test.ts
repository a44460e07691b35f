/** The number on the axis of a chart of one hyperparameter. */
import { expect, test } from 'vitest';
import { withNumber } from '../../../src/cli/results/chart-number.ts';
import type { StudyPicture } from '../../../src/report/charts/study-picture.ts';
import { drawStudyChart } from '../../../src/report/charts/study-charts.ts';
import { fileThemes } from '../../../src/report/charts/chart-style.ts';
import { numberKinds } from '../../../src/report/charts/chart-kinds.ts';
import { svgText } from '../../../src/report/charts/svg-text.ts';
import { study, toResults } from '../../report/support/sample-study.ts';
import { scoredTrials } from '../../report/support/scored-study.ts';
import { wideStudy, wideTrials } from '../../report/support/wide-study.ts';

const shared = {
  attempts: [],
  workers: [],
  examples: [],
  parameterDescription: null,
  method: [],
  nowMs: 0,
};
const wide: StudyPicture = {
  ...shared,
  record: wideStudy,
  results: toResults(wideStudy, wideTrials),
  trials: wideTrials,
};

test('a chart of one number asks for its name if a study searches several', () => {
  expect(() => withNumber(wide, 'scatter', undefined)).toThrow(
    /searches lambda, learning_rate\.max, hidden, dropout, shift, mirror, but scatter shows one number/,
  );
  expect(() => withNumber(wide, 'scatter', 'lamda')).toThrow(/Did you mean lambda\?/);
  expect(() => withNumber(wide, 'scatter', 'hidden')).toThrow(/searches no number "hidden"/);
});

test('a study of one number needs no name', () => {
  const results = toResults(study, scoredTrials);
  const picture = { ...shared, record: study, results, trials: scoredTrials };
  expect(withNumber(picture, 'scatter', undefined)).toBe(picture);
  expect(withNumber(picture, 'scatter', 'lambda')).toBe(picture);
});

test('every chart of one number is drawn for each number of a study of several', () => {
  for (const kind of numberKinds.filter((one) => one !== 'difference'))
    for (const name of ['lambda', 'dropout', 'shift']) {
      const picture = withNumber(wide, kind, name);
      const svg = svgText((document) => drawStudyChart(document, kind, picture, fileThemes.light));
      expect(svg, `${kind} ${name}`).not.toMatch(/NaN|Infinity/);
    }
});
