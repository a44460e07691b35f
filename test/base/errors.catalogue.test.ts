/** The error catalogue, docs/errors.md, and the error codes match both ways. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { errorExitCodes, RidgelineError, type ErrorCode } from '../../src/base/errors.ts';

const page = readFileSync('docs/errors.md', 'utf8');
const sections = page.split(/^## /m).slice(1);
const entries = sections.flatMap((section) => {
  const exitCode = Number(/\(exit code (\d+)\)/.exec(section)?.[1]);
  return section
    .split(/^### /m)
    .slice(1)
    .map((text) => ({ code: text.slice(0, text.indexOf('\n')), exitCode, text }));
});

describe('the error catalogue', () => {
  test('has one entry for each error code, under its exit code, in the order of the source', () => {
    expect(entries.map(({ code, exitCode }) => [code, exitCode])).toEqual(
      Object.entries(errorExitCodes),
    );
  });

  test('states in each entry what happened, why, how to fix it, and an example message', () => {
    const form =
      /^[A-Z_]+\n\n\*\*What happened\.\*\* [^#]+\n\n\*\*Why\.\*\* [^#]+\n\n\*\*Fix\.\*\* [^#]+\n\n```\nridgeline: [^#]+\n```\n/;
    expect(entries.filter(({ text }) => !form.test(text)).map(({ code }) => code)).toEqual([]);
  });

  test('lists each entry in its table, with the anchor that errors link to', () => {
    for (const code of Object.keys(errorExitCodes) as ErrorCode[]) {
      const { help } = new RidgelineError(code, 'What.', 'Fix.');
      expect(page).toContain(`[${code}](${help.replace('docs/errors.md', '')})`);
    }
  });
});
