/** Errors of the argument parser. */
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { RidgelineError } from '../../../src/base/errors.ts';
import { parseCommandLine, silentErrors } from '../../../src/cli/process/usage-errors.ts';

function program(): Command {
  const top = new Command('ridgeline').exitOverride().configureOutput({
    writeOut: () => undefined,
    writeErr: () => undefined,
    ...silentErrors,
  });
  const results = top.command('results').argument('<study>').option('--top <n>');
  results.action(() => undefined);
  top.command('token').command('new').requiredOption('--role <role>');
  return top;
}

async function errorOf(argv: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  try {
    return `no error, exit code ${await parseCommandLine(program(), argv, env)}`;
  } catch (error) {
    if (!(error instanceof RidgelineError)) throw error;
    return `${error.code}: ${error.what} | ${error.fix}`;
  }
}

const usage =
  'Use it as `ridgeline results [options] <study>`; `ridgeline results --help` explains the options.';

test.each([
  [
    ['reslts'],
    "USAGE: Unknown command 'reslts'. Did you mean results? | `ridgeline help` lists the commands.",
  ],
  [['results', 'a', '--tpo', '2'], `USAGE: Unknown option '--tpo'. Did you mean --top? | ${usage}`],
  [['results'], `USAGE: Missing required argument 'study'. | ${usage}`],
  [['results', 'a', '--top'], `USAGE: Option '--top <n>' argument missing. | ${usage}`],
  [
    ['token', 'nwe'],
    "USAGE: Unknown command 'nwe'. Did you mean new? | `ridgeline token --help` lists the commands.",
  ],
  [
    ['token', 'new'],
    "USAGE: Required option '--role <role>' not specified. | Use it as `ridgeline token new [options]`; `ridgeline token new --help` explains the options.",
  ],
])('the parser error of %j says what is wrong and how to fix it', async (argv, text) => {
  expect(await errorOf(argv)).toBe(text);
});

test('an argument too many in `npm run` is explained by the missing `--`', async () => {
  expect(await errorOf(['results', 'a', '2'], { npm_command: 'run-script' })).toMatch(
    /^USAGE: Too many arguments.* With `npm run`, write `--` before the arguments\.$/,
  );
});

test('a group without a command ends with exit code 2, and a requested help text with 0', async () => {
  expect(await errorOf(['token'])).toBe('no error, exit code 2');
  expect(await errorOf(['token', '--help'])).toBe('no error, exit code 0');
});
