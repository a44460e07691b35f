/** Keys of study files as a reference. */
import { expect, test } from 'vitest';
import { findKeys, studyKeys } from '../../src/config/study-keys.ts';
import { twoLayer } from '../../src/trainers/two-layer/description.ts';

const rows = studyKeys(twoLayer);
const found = (name: string): string[] => findKeys(rows, name).map(({ key }) => key);

test('every key of a study file has a meaning and a type', () => {
  expect(rows.filter(({ value, description }) => value === '' || description === '')).toEqual([]);
});

test('a key is found by its path, by its last word, and by the path that an error prints', () => {
  expect(found('trainer.epochs')).toEqual(['trainer.epochs']);
  expect(found('epochs')).toEqual(['trainer.epochs']);
  expect(found('stages.0.search.lambda.narrow')).toEqual(['search.NAME.narrow']);
  expect(found('search.hidden')[0]).toBe('search.NAME');
});

test('a mapping is found with the keys inside it', () => {
  expect(found('audit')).toEqual(['audit', 'audit.random', 'audit.top']);
  expect(found('stages')).toContain('stages[].name');
});

test('a misspelt key is an error that suggests the right one', () => {
  expect(() => findKeys(rows, 'learning_rat')).toThrow(
    /no key "learning_rat"\. Did you mean learning_rate\?/,
  );
});
