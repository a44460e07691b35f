/** Charts and the report of a finished search, drawn by the commands. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { ridgeline, scratchDir, writeStudy } from './support/processes.ts';

test('the charts of a finished search are drawn as SVG, PNG, HTML and in the terminal', async () => {
  const dir = scratchDir();
  const state = ['--state', join(dir, 'state')];
  const ran = await ridgeline([
    'run',
    writeStudy(dir, { name: 'drawn', trials: 4 }),
    '--workers',
    '1',
    '--quiet',
    ...state,
  ]);
  expect(ran.code, ran.stderr).toBe(0);

  const [svg, png, page, toStdout, table, curve] = await Promise.all([
    ridgeline(['chart', 'drawn', 'scatter', '-o', join(dir, 'scatter.svg'), ...state]),
    ridgeline([
      'chart',
      'drawn',
      'curves',
      '--trial',
      'fine/1',
      '-o',
      join(dir, 'c.png'),
      ...state,
    ]),
    ridgeline(['report', 'drawn', '-o', join(dir, 'report.html'), ...state]),
    ridgeline(['report', 'drawn', '-o', '-', ...state]),
    ridgeline(['results', 'drawn', '--chart', '--top', '3', ...state], {
      env: { LC_ALL: 'C.UTF-8' },
    }),
    ridgeline(['trial', 'drawn', 'coarse/2', '--chart', ...state], { env: { LC_ALL: 'C' } }),
  ]);
  for (const { code, stderr } of [svg, png, page, toStdout, table, curve])
    expect(code, stderr).toBe(0);
  expect(svg.stdout).toBe('');

  const drawing = readFileSync(join(dir, 'scatter.svg'), 'utf8');
  expect(/<desc>([^<]*)/.exec(drawing)?.[1]).toContain('4 of stage coarse, 4 of stage fine');
  expect(readFileSync(join(dir, 'c.png')).subarray(1, 4).toString()).toBe('PNG');
  const report = parseHTML(readFileSync(join(dir, 'report.html'), 'utf8')).document;
  expect(report.querySelectorAll('figure svg[role="img"]').length).toBe(12);
  expect(report.querySelectorAll('tbody tr').length).toBeGreaterThanOrEqual(8);
  expect(toStdout.stdout.startsWith('<!doctype html>')).toBe(true);
  expect(toStdout.stdout.endsWith('</html>\n')).toBe(true);
  expect(table.stdout).toContain('★ winner');
  expect(curve.stdout).toMatch(/learning rate/);
  expect(/[^\n -~]/.test(curve.stdout.slice(curve.stdout.indexOf('accuracy, %')))).toBe(false);
  expect(readdirSync(dir).filter((name) => name.includes('.tmp'))).toEqual([]);

  const mistakes: [string[], number, RegExp][] = [
    [
      ['chart', 'drawn', 'scatter', '--trial', 'fine/1', '-o', join(dir, 'x.svg')],
      2,
      /--trial selects a curve/,
    ],
    [
      ['chart', 'drawn', 'pie', '-o', join(dir, 'x.svg')],
      2,
      /scatter, slices, .*difference, zoom, train-validation, curves, all-curves, history, seconds, timeline/,
    ],
    [
      ['chart', 'drawn', 'curves', '--trial', 'fine/99', '-o', join(dir, 'x.svg')],
      1,
      /no trial "fine\/99"/,
    ],
    [['chart', 'drwn', 'scatter', '-o', join(dir, 'x.svg')], 1, /drawn/],
    [['results', 'drawn', '--chart', '--format', 'json'], 2, /--chart draws below a table/],
  ];
  const refused = await Promise.all(mistakes.map(([args]) => ridgeline([...args, ...state])));
  for (const [index, { code, stderr, stdout }] of refused.entries()) {
    expect(stderr).toMatch(mistakes[index]![2]);
    expect(code).toBe(mistakes[index]![1]);
    expect(stdout).toBe('');
  }
}, 180_000);
