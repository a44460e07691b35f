/** The command line of the benchmarks: wrong usage is said in two lines, with exit code 2. */
import { parseArgs, type ParseArgsConfig } from 'node:util';

/** What `parseArgs` finds; prints `usage` and ends where it is asked for, or where the flags are wrong. */
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

/** Whole numbers from 1 on, separated by commas. */
export function wholeNumbers(usage: string, flag: string, text: string): number[] {
  const numbers = text.split(',').map(Number);
  if (numbers.every((number) => Number.isInteger(number) && number >= 1))
    return [...new Set(numbers)];
  return wrongUsage(usage, `${flag} takes whole numbers from 1 on, got ${JSON.stringify(text)}`);
}
