/** The digits data set in three splits, without the dataset room. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { TrainingData } from '../../../src/study/images.ts';

const file = new URL('../../../src/dataset/formats/digits/digits.csv.gz', import.meta.url);

/** The first `train` records, and two splits of `measured` records after them. */
export function digits(train: number, measured: number): TrainingData {
  const text = gunzipSync(readFileSync(file)).toString('latin1').trimEnd();
  const rows = text.split('\n').map((line) => line.split(',').map(Number));
  const images = {
    pixels: Uint8Array.from(rows.flatMap((row) => row.slice(0, 64))),
    labels: Uint8Array.from(rows, (row) => row[64]!),
    channels: 1,
    height: 8,
    width: 8,
    classes: 10,
    pixelMax: 16,
  };
  const split = (from: number, length: number) => ({
    images,
    records: Uint32Array.from({ length }, (_, record) => from + record),
  });
  return {
    train: split(0, train),
    validation: split(train, measured),
    test: split(train + measured, measured),
  };
}
