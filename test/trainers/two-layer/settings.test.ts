import { expect, test } from 'vitest';
import { settingsSchema } from '../../../src/trainers/two-layer/settings-schema.ts';
import { settingsProblems, twoLayerSettings } from '../../../src/trainers/two-layer/settings.ts';

const file = {
  hidden: 50,
  batch: 100,
  learning_rate: { min: 1e-5, max: 0.1, step_size: 500 },
  cycles: 2,
};
const rate = { min: 1e-5, max: 0.1, stepSize: 500, cycleMultiplier: 1 };
const settings = { hidden: 50, batch: 100, learningRate: rate, cycles: 2, measure: 'end' };

test('the schema accepts a section and writes out its defaults', () => {
  expect(settingsSchema.parse(file)).toEqual({
    ...file,
    learning_rate: { ...file.learning_rate, cycle_multiplier: 1 },
    measure: 'cycle',
    dropout: 0,
    mirror: false,
    shift: 0,
  });
});

test.each<[string, object]>([
  ['hidden', { hidden: 4097 }],
  ['hidden', { hidden: 1.5 }],
  ['batch', { batch: 0 }],
  ['learning_rate.max', { learning_rate: { ...file.learning_rate, min: 0, max: 0 } }],
  ['learning_rate.step_size', { learning_rate: { ...file.learning_rate, step_size: 1.5 } }],
  [
    'learning_rate.cycle_multiplier',
    { learning_rate: { ...file.learning_rate, cycle_multiplier: 17 } },
  ],
  ['cycles', { cycles: 0 }],
  ['epochs', { epochs: 1_000_001 }],
  ['dropout', { dropout: 1 }],
  ['dropout', { dropout: NaN }],
  ['shift', { shift: -1 }],
  ['shift', { shift: 65 }],
])('the schema rejects a value of %s beyond its bounds: %j', (path, change) => {
  const { error } = settingsSchema.safeParse({ ...file, ...change });
  expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
});

test.each<[string, object]>([
  ['', { cycles: undefined }],
  ['epochs', { epochs: 3 }],
  ['learning_rate.min', { learningRate: { ...rate, min: 1 } }],
  ['cycles', { cycles: 3, learningRate: { ...rate, stepSize: 1e9 } }],
  ['cycles', { cycles: 100, learningRate: { ...rate, cycleMultiplier: 16 } }],
  ['measure', { cycles: 100, measure: { steps: 1 } }],
  ['measure', { cycles: 10_001, measure: undefined }],
  ['measure', { cycles: undefined, epochs: 10_001, measure: 'epoch' }],
])('a rule between settings reports a problem at "%s" for %j', (path, change) => {
  const problemsIn = (given: object) =>
    settingsProblems({ ...given }, ([key = '']) => Reflect.get(given, key) !== undefined);
  expect(problemsIn(settings)).toEqual([]);
  const problems = problemsIn({ ...settings, ...change });
  expect(problems.map((problem) => problem.path.join('.'))).toEqual([path]);
});

test('a length that the schema rejected is not reported as missing', () => {
  const rest = { ...settings, cycles: undefined };
  expect(settingsProblems(rest, ([key]) => key === 'cycles')).toEqual([]);
});

test('settings of another trainer are not read as those of two-layer', () => {
  expect(twoLayerSettings(settings)).toBe(settings);
  expect(() => twoLayerSettings({ ...settings, name: 'other' })).toThrow('other');
});
