/**
 * Inputs from public bug reports of similar tools, and from attacks on earlier versions: what Ridgeline
 * answers. Each row is one input. Faults that need killed processes, networks or disks are in `faults`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inProcess } from '../cli/support/in-process.ts';
import { npyBytes, npyLabels, zip } from '../dataset/support/npy.ts';
import { ridgeline, scratchDir } from './support/processes.ts';

const head = 'dataset: { name: digits, train: { count: 500 }, validation: { count: 200 } }';
const trainer = (most: string): string =>
  `trainer: { hidden: 10, batch: 50, learning_rate: { min: 1.0e-4, max: ${most}, step_size: 20 }, cycles: 1 }`;

interface Stage {
  readonly name?: string;
  readonly trials?: number;
  /** Bounds of λ; without them, the stage before is narrowed. */
  readonly min?: string;
  readonly max?: string;
}

function studyText(name: string, stages: readonly Stage[], most = '0.2'): string {
  const lines = stages.map(({ name: stage = 'coarse', trials = 3, min, max }) => {
    const space = min === undefined ? 'narrow: coarse' : `min: ${min}, max: ${max}`;
    return `  - { name: ${stage}, trials: ${trials}, lambda: { distribution: log_uniform, ${space} } }`;
  });
  return [`study: ${name}`, 'seed: 1', head, trainer(most), 'stages:', ...lines, ''].join('\n');
}

describe('a study file is refused', () => {
  const range = { min: '1.0e-3', max: '0.1' };
  test.each<[string, string, RegExp]>([
    [
      'whose range is one step of float64 wide',
      studyText('narrow', [{ min: '0.01', max: '0.010000000000000002' }]),
      /too close to sample between them/,
    ],
    [
      'whose range is one step wide at 1',
      studyText('narrow', [{ min: '1.0', max: '1.0000000000000002' }]),
      /too close to sample between them/,
    ],
    [
      'whose bounds are subnormal numbers',
      studyText('tiny', [{ min: '5.0e-324', max: '1.0e-323' }]),
      /must be at least 1e-300/,
    ],
    ['with equal bounds', studyText('equal', [{ min: '0.1', max: '0.1' }]), /lambda\.min: /],
    ['that is called nan', studyText('nan', [range]), /"nan" .* Add a word/],
    ['with a stage null', studyText('s', [{ name: '"null"', ...range }]), /"null" .* Add a word/],
    ['with a stage 1e3', studyText('s', [{ name: '"1e3"', ...range }]), /look like a number/],
    ['with a stage 007 without quotes', studyText('s', [{ name: '007', ...range }]), /007|7/],
    [
      'with a name for two stages',
      studyText(
        's',
        [range, range].map((stage) => ({ name: 'coarse', ...stage })),
      ),
      /coarse/,
    ],
    ['with a tab as indentation', 'study: s\n\tseed: 1\n', /tab/i],
    [
      'with the word yes for a truth value',
      `${studyText('s', [range])}reproducible: yes\n`,
      /true/,
    ],
  ])('%s', async (_, text, problem) => {
    const file = join(scratchDir(), 'study.yaml');
    writeFileSync(file, text);
    const done = await inProcess(['plan', file]);
    expect(done.stderr).toMatch(problem);
    expect(done.stderr).toMatch(/study\.yaml:\d+:\d+/);
    expect(done.code).toBe(2);
  });
});

describe('a data set is answered with a fix that helps', () => {
  const images = npyBytes([60, 8, 8], 3);
  test.each<[string, Record<string, Buffer>, RegExp]>([
    [
      'if its images are floats from 0 to 1',
      { 'x_train.npy': floatImages(60 * 64), 'y_train.npy': npyLabels(labels(60)) },
      /255/,
    ],
    [
      'if it has one label too few',
      { 'x_train.npy': images, 'y_train.npy': npyLabels(labels(59)) },
      /59/,
    ],
    ['if its arrays have other names', { 'arr_0.npy': images }, /x_train/],
  ])('%s', async (_, files, fix) => {
    const file = join(scratchDir(), 'data.npz');
    writeFileSync(file, zip(files));
    const done = await inProcess(['data', 'info', file]);
    expect(done.stderr).toMatch(fix);
    expect(done.stderr).toMatch(/^ {2}fix: \S/m);
    expect(done.code).toBe(2);
  });
});

const labels = (count: number): number[] => Array.from({ length: count }, (_, at) => at % 3);

/** `float32` images from 0 to 1, as .npy of 60×8×8. */
function floatImages(count: number): Buffer {
  const values = Float32Array.from({ length: count }, (_, at) => (at % 256) / 255);
  const text = "{'descr': '<f4', 'fortran_order': False, 'shape': (60, 8, 8), }";
  const header = `${text.padEnd(117)}\n`;
  const start = Buffer.from('\x93NUMPY\x01\x00', 'latin1');
  const length = Buffer.from([header.length % 256, header.length >> 8]);
  return Buffer.concat([start, length, Buffer.from(header), Buffer.from(values.buffer)]);
}

describe('a search', () => {
  test.each<[string, string, number, RegExp]>([
    [
      'in which all trials diverge fails with the reason and what to change',
      studyText('all', [{ trials: 4, min: '1.0e3', max: '1.0e6' }, { name: 'fine' }], '1000'),
      1,
      /all 4 trials of stage coarse diverged.*\n.*fix: 4 trials diverged: lower the learning rate/,
    ],
    [
      'whose last stage diverges has the best trial of the first one as its winner',
      studyText('last', [
        { trials: 4, min: '1.0e-4', max: '0.1' },
        { name: 'fine', min: '1.0e4', max: '1.0e6' },
      ]),
      0,
      /winner +coarse\/\d/,
    ],
    [
      'of a range three digits wide shows every value with enough digits',
      studyText('zoom', [{ trials: 6, min: '0.0100', max: '0.0101' }, { name: 'fine' }]),
      0,
      /^(?!.*0\.0 of 0\.0)[^]*winner +(?:coarse|fine)\/\d +λ 1\.0\d{2,}e-2/,
    ],
    [
      'without an effect of λ is advised nothing outside of the allowed range',
      studyText('edges', [{ trials: 4, min: '1.0e-5', max: '1.0e6' }], '2.0e-4'),
      0,
      /^(?!.*(?:e\+7|e\+8|min: 0\b))[^]*coarse\/\d/,
    ],
  ])('%s', async (_, text, code, expected) => {
    const dir = scratchDir();
    const file = join(dir, 'study.yaml');
    writeFileSync(file, text);
    const options = ['--workers', '1', '--threads', '1', '--format', 'table', '--quiet'];
    const done = await ridgeline(['run', file, '--state', join(dir, 'state'), ...options]);
    const shown = `${done.stdout}\n${done.stderr}`;
    expect(shown).toMatch(expected);
    expect(shown).not.toMatch(/Invariant broken|Invalid array length|^ {4}at /m);
    expect(done.code, shown).toBe(code);
  });
});
