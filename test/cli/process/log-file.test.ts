/** The file of `coordinator --log`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { copyToLogFile } from '../../../src/cli/process/log-file.ts';
import { temporaryDirectory } from '../../store/support/temporary-directory.ts';

const clock = { wallMs: () => Date.UTC(2026, 0, 2, 3, 4, 5), monotonicMs: () => 0 };

function fakeStderr() {
  const printed: string[] = [];
  const stream = { write: (text: string) => printed.push(text) > 0 };
  return { stream: stream as unknown as NodeJS.WriteStream, printed };
}

test('the log file has each line of stderr with its time and without colours, after what it had', () => {
  using directory = temporaryDirectory();
  const file = join(directory.path, 'coordinator.log');
  writeFileSync(file, 'before\n');
  const { stream, printed } = fakeStderr();
  copyToLogFile(stream, file, clock);
  stream.write('\u001b[32mlistening\u001b[39m on');
  stream.write(' here\n{"level":30}\n');
  expect(printed.join('')).toContain('listening');
  expect(readFileSync(file, 'utf8')).toBe(
    'before\n2026-01-02T03:04:05.000Z listening on here\n{"level":30}\n',
  );
});

test('a log file in a directory that does not exist is an error with a fix', () => {
  const { stream } = fakeStderr();
  expect(() => copyToLogFile(stream, '/nonexistent/x.log', clock)).toThrow(
    expect.objectContaining({ code: 'OUTPUT_UNWRITABLE' }),
  );
});
