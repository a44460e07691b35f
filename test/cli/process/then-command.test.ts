/** The command of `--then`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runThen } from '../../../src/cli/process/then-command.ts';
import { temporaryDirectory } from '../../store/support/temporary-directory.ts';

async function afterStudy(then: string | undefined, code: number) {
  let stderr = '';
  const context = {
    env: process.env,
    stderr: { write: (text: string) => (stderr += text) } as unknown as NodeJS.WriteStream,
  };
  const status = code === 130 ? 'running' : 'complete';
  const flags = Object.fromEntries(then === undefined ? [] : [['then', then]]);
  const ended = await runThen(flags, 'mine', code, context, async () => status);
  return { code: ended, stderr };
}

test('the command has the study, its status and the exit code in its environment', async () => {
  using directory = temporaryDirectory();
  const file = join(directory.path, 'seen');
  const then = `echo $RIDGELINE_STUDY $RIDGELINE_STATUS $RIDGELINE_EXIT_CODE >> '${file}'`;
  expect(await afterStudy(then, 3)).toEqual({ code: 3, stderr: '' });
  expect(await afterStudy(then, 130)).toEqual({ code: 130, stderr: '' });
  expect(readFileSync(file, 'utf8')).toBe('mine complete 3\nmine stopped 130\n');
});

test('a failure of the command is reported, and is the exit code 1 if the study succeeded', async () => {
  const failed = await afterStudy('exit 7', 0);
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(
    /^ridgeline: The command of --then ended with exit code 7\.\n {2}fix: Run it by hand: env RIDGELINE_STUDY=mine RIDGELINE_STATUS=complete RIDGELINE_EXIT_CODE=0 sh -c 'exit 7'\n$/,
  );
  expect((await afterStudy('exit 7', 3)).code).toBe(3);
  expect(await afterStudy(undefined, 0)).toEqual({ code: 0, stderr: '' });
});
