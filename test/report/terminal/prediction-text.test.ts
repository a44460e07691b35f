import { expect, test } from 'vitest';
import { predictionsText } from '../../../src/report/terminal/prediction-text.ts';
import { displayWidth } from '../../../src/report/text/display-width.ts';

const summary = {
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
  expect(table.map(displayWidth)).toEqual([36, 36, 36]);
  expect(text.replaceAll(/\s+/g, ' ')).toContain('not shown at this width: predicted');
  expect(text).toContain('50.00');
});
