import { expect, test } from 'vitest';
import { declareModule } from '../../../src/trainers/module/declaration.ts';

const rate = { kind: 'number', min: 0, max: 1, default: 0.5 } as const;
const epochs = { kind: 'integer', min: 1, max: 100, default: 10 } as const;

const trainer = {
  contract: 1,
  parameters: { rate, epochs },
  metrics: { validation_loss: 'minimize' },
  rungs: (values: Record<string, number>) => [1, values['epochs']],
  open: () => null,
};

function declare(changes: object, study: { given?: object; searched?: readonly string[] } = {}) {
  const { given = {}, searched = [] } = study;
  return declareModule({ ...trainer, ...changes }, { given: { ...given }, searched });
}

test('a module declares its parameters, metrics, and rungs for the values of the study', () => {
  expect(declare({})).toEqual({
    parameters: { rate, epochs },
    metrics: { validation_loss: 'minimize' },
    rungs: [1, 10],
    data: false,
  });
  expect(declare({}, { given: { epochs: 20 } }).rungs).toEqual([1, 20]);
  expect(declare({}, { given: { epochs: 1e9 } }).rungs).toEqual([1, 10]);
  expect(declare({ needsData: true }).data).toBe(true);
  expect(declare({ records: 70 }).records).toBe(70);
});

test('the methods of a class are those of a trainer', () => {
  class Trainer {
    readonly contract = 1;
    readonly parameters = { rate };
    readonly metrics = { validation_loss: 'minimize' };
    rungs(): number[] {
      return [3];
    }
    open(): null {
      return null;
    }
  }
  expect(declareModule(new Trainer(), { given: {}, searched: [] }).rungs).toEqual([3]);
});

test('rungs that depend on a searched parameter are refused, with the fix', () => {
  expect(() => declare({}, { searched: ['epochs'] })).toThrow(
    'has rungs that depend on epochs, which the study searches, and all trials of a study have the same rungs; set epochs in trainer.parameters instead',
  );
  expect(declare({}, { searched: ['rate'] }).rungs).toEqual([1, 10]);
});

test.each([
  ['no object', undefined, /has no trainer as its default export; write `export default/],
  ['no contract', { ...trainer, contract: undefined }, /has contract undefined; .* contract 1/],
  ['a later contract', { ...trainer, contract: 2 }, /has contract 2; this version has contract 1/],
  ['no functions', { ...trainer, open: 1 }, /has no function open/],
])('an export with %s is refused', (_, exported, message) => {
  expect(() => declareModule(exported, { given: {}, searched: [] })).toThrow(message);
});

test.each([
  [{ parameters: { rate: { kind: 'number', max: 1 } } }, /has parameters\.rate\.default: /],
  [{ parameters: { rate: { ...rate, default: 2 } } }, /rate\.default: must be from 0 to 1, got 2/],
  [{ parameters: { rate: { ...rate, min: 2 } } }, /rate\.min: is 2, above max 1/],
  [{ parameters: { rate: { ...rate, kind: 'float' } } }, /kind: must be number, integer or choice/],
  [{ parameters: { mode: { kind: 'choice', default: 'a' } } }, /mode\.values: is missing/],
  [{ parameters: { rungs: 1, files: rate } }, /has parameters\.\w+: /],
  [{ parameters: { module: rate } }, /module: .*is a key of the trainer section/],
  [{ metrics: {} }, /has metrics: needs at least one metric/],
  [{ metrics: { test_loss: 'minimize' } }, /has the metric test_loss, but no data set/],
  [{ needsData: true, records: 10 }, /has records, which are those of the data set/],
  [{ rungs: () => [2, 2] }, /has rungs that do not ascend: 2, 2/],
  [{ rungs: () => [] }, /has rungs: needs at least the last step/],
  [{ rungs: () => [0.5] }, /has rungs\.0: must be a whole number/],
])('a module with %j is refused', (changes, message) => {
  expect(() => declare(changes)).toThrow(message);
});
