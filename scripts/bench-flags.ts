/** Benchmark flags: parses the command line; wrong usage prints two lines and exits with code 2. */
import { parseArgs, type ParseArgsConfig } from 'node:util';

/** Parsed flags. Prints `usage` and exits with --help, or if the flags are wrong. */
export function flagsOrEnd<Options extends NonNullable<ParseArgsConfig['options']>>(
  usage: string,
  options: Options,
) {
  if (process.argv.includes('--help')) {
    process.stdout.write(`${usage}\n`);
    process.exit(0);
  }
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return wrongUsage(usage, error instanceof Error ? error.message : String(error));
  }
}

export function wrongUsage(usage: string, what: string): never {
  process.stderr.write(`${what}\n  fix: ${usage}\n`);
  process.exit(2);
}

/** Parses whole numbers from 1, separated by commas. */
export function wholeNumbers(usage: string, flag: string, text: string): number[] {
  const numbers = text.split(',').map(Number);
  if (numbers.every((number) => Number.isInteger(number) && number >= 1))
    return [...new Set(numbers)];
  return wrongUsage(usage, `${flag} takes whole numbers from 1, got ${JSON.stringify(text)}`);
}
