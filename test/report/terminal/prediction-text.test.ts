import { expect, test } from 'vitest';
import { predictionsText } from '../../../src/report/terminal/prediction-text.ts';
import { usedImagesText } from '../../../src/report/terminal/used-images-text.ts';
import { displayWidth } from '../../../src/report/text/display-width.ts';

const no = { train: 0, validation: 0, test: 0, none: 0 };
const summary = {
  study: 'digits-study',
  chosen: { ...no, test: 2 },
  leftOut: { ...no, train: 1000, validation: 400 },
  model: 'model',
  networks: 1,
  mirror: false,
  kernel: 'portable',
  images: 'images',
  classNames: ['aeroplane', 'automobile'],
  accuracy: 0.5,
  loss: 1,
};
const rows = [0, 1].map((index) => ({
  shard: 'shard',
  index,
  label: index,
  predicted: 0,
  probabilities: [0.7, 0.3],
}));

test('the table of predictions leaves out counts to fit a terminal of 40 columns', () => {
  const text = predictionsText(summary, rows, { width: 40, color: (_, s) => s, unicode: true });
  const table = text.split('\n').filter((line) => line.startsWith('│'));
  expect(table.map(displayWidth)).toEqual([39, 39, 39]);
  expect(text.replaceAll(/\s+/g, ' ')).toContain('not shown at this width: predicted');
  expect(text).toContain('50.00');
});

test('the sentence about the images says which of them the training used', () => {
  expect(usedImagesText(summary)).toBe(
    'These are the 2 test images of digits-study. Left out: 1,000 that trained the model, 400 that selected it (--part scores all).',
  );
  const all = {
    ...summary,
    chosen: { train: 1000, validation: 400, test: 397, none: 0 },
    leftOut: no,
  };
  expect(usedImagesText(all)).toMatch(
    /^1,000 of these 1,797 images trained the model and 400 selected it: the accuracy is too high/,
  );
  expect(usedImagesText({ ...all, chosen: { ...no, none: 5 } })).toBeNull();
  expect(usedImagesText({ ...all, study: null })).toMatch(/does not record its training images/);
});
