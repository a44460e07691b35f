/** Error reports: as text, with --debug, and as JSON. */
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { RidgelineError } from '../../../src/base/errors.ts';
import { reportError } from '../../../src/cli/process/report-error.ts';

function report(error: unknown, argv: string[], env: NodeJS.ProcessEnv) {
  const stderr = new PassThrough();
  const code = reportError(error, { stderr, argv, env });
  return { code, text: String(stderr.read()) };
}

const error = new RidgelineError('PORT_IN_USE', 'Port 7070 is in use.', 'Choose another port.');

test('an error is reported with its fix, and its code is mapped to the exit code', () => {
  expect(report(error, [], {})).toEqual({
    code: 1,
    text: 'ridgeline: Port 7070 is in use.\n  fix: Choose another port.\n',
  });
});

test('in a terminal, sentences are broken between words, and lines of a study file are kept', () => {
  const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 40 });
  const excerpt = '  14 | hidden: 50, and a comment that is longer than the terminal is wide';
  const what = `study.yaml has a problem in a line that is named here\n${excerpt}\n     | ^^^^^^`;
  const fix = 'Give the key the value that the schema wants.';
  reportError(new RidgelineError('STUDY_INVALID', what, fix), { stderr, argv: [], env: {} });
  expect(String(stderr.read()).split('\n')).toEqual([
    'ridgeline: study.yaml has a problem in a',
    '  line that is named here',
    excerpt,
    '     | ^^^^^^',
    '  fix: Give the key the value that the',
    '       schema wants.',
    '',
  ]);
});

test('with --debug, a report has the path of the catalogue entry and the stack', () => {
  const { text } = report(error, ['--debug'], {});
  expect(text).toContain('  help: docs/errors.md#port_in_use\nRidgelineError: [PORT_IN_USE]');
  expect(text).toContain('report-error.test.ts');
});

test('with the JSON log format, a report is one JSON line with the path of the catalogue entry', () => {
  const { code, text } = report(error, [], { RIDGELINE_LOG_FORMAT: 'json' });
  expect(code).toBe(1);
  expect(JSON.parse(text)).toMatchObject({
    msg: 'command failed',
    code: 'PORT_IN_USE',
    what: 'Port 7070 is in use.',
    fix: 'Choose another port.',
    exit_code: 1,
    help: 'docs/errors.md#port_in_use',
  });
});

test('an unexpected error is reported as one, with exit code 1', () => {
  expect(report(new Error('Invariant broken'), [], {})).toMatchObject({
    code: 1,
    text: expect.stringMatching(/^ridgeline: unexpected error: Invariant broken\n {2}fix: /),
  });
});
