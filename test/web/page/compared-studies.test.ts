/** Studies side by side. */
import { expect, test } from 'vitest';
import { twoLayer } from '../../../src/trainers/two-layer/description.ts';
import type { StudyRecord } from '../../../src/study/study-record.ts';
import { DashboardStudy } from '../../../src/web/boards/dashboard-study.ts';
import { RunningCurves } from '../../../src/web/boards/running-curves.ts';
import { commonAxes, comparedFacts } from '../../../src/web/page/compared-studies.ts';
import { comparisonAddress, parseRoute } from '../../../src/web/page/route.ts';
import { study, trials } from '../../report/support/sample-study.ts';

function pageOf(change: Partial<StudyRecord> = {}) {
  const record = { ...study, ...change };
  return new DashboardStudy(record, twoLayer, trials, new RunningCurves()).page(record);
}

test('the address of a comparison names its studies, also those with odd names', () => {
  const names = ['a b', 'c/d', 'é'];
  expect(parseRoute(comparisonAddress(names))).toEqual({
    study: null,
    trial: null,
    compared: names,
  });
  expect(parseRoute('#/compare/%').compared).toEqual([]);
  expect(parseRoute('#/study/one/trial/coarse/7').compared).toEqual([]);
});

test('compared studies have a value or nothing for each fact', () => {
  const [first, second] = [pageOf(), pageOf({ status: 'running', winner: null })];
  const facts = new Map(comparedFacts([first, second]).map(({ name, values }) => [name, values]));
  expect(facts.get('λ')![0]).toBe(facts.get('λ')![1]);
  expect(facts.get('test')).toEqual([expect.stringContaining('%'), null]);
  expect(facts.get('status')).toEqual([
    expect.stringMatching(/^complete, /),
    expect.stringMatching(/^running, /),
  ]);
});

test('studies with the same parameter and metric share axes that contain all trials', () => {
  const page = pageOf();
  const axes = commonAxes([page, page])!;
  for (const [, at, value] of page.points) {
    if (value === null) continue;
    expect(at).toBeGreaterThan(axes.at.min);
    expect(at).toBeLessThan(axes.at.max);
    expect(100 * value).toBeGreaterThan(axes.values[0]);
    expect(100 * value).toBeLessThan(axes.values[1]);
  }
  const other = pageOf({
    spec: { ...study.spec, objective: { metric: 'validation_loss', direction: 'minimize' } },
  });
  expect(commonAxes([page, other])).toBeNull();
});
