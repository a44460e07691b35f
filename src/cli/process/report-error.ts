/** Error report: prints one error with its fix, and returns the exit code. */
import { errorExitCodes, RidgelineError, errorMessage } from '../../base/errors.ts';
import { wrapText } from '../../report/text/display-width.ts';
import type { Context } from './context.ts';
import { exitCode } from './exit-codes.ts';
import { isJsonLog } from './log.ts';

type Surroundings = Pick<Context, 'argv' | 'env'> & {
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
};

/** The exit code of a command that fails with the error. */
export function exitCodeOf(error: unknown): number {
  return error instanceof RidgelineError ? errorExitCodes[error.code] : exitCode.failed;
}

/** @returns the exit code */
export function reportError(error: unknown, { stderr, argv, env }: Surroundings): number {
  const isDebug = argv.includes('--debug');
  const stack = isDebug && error instanceof Error ? error.stack : undefined;
  const report = error instanceof RidgelineError ? knownReport(error) : unknownReport(error, stack);
  if (isJsonLog(env)) {
    const line = { level: 60, time: Date.now(), msg: 'command failed', ...report, stack };
    stderr.write(`${JSON.stringify(line)}\n`);
    return report.exit_code;
  }
  const prefix = report.help === undefined ? 'unexpected error: ' : '';
  const width = stderr.isTTY === true ? stderr.columns : undefined;
  const lines = `ridgeline: ${prefix}${report.what}\n  fix: ${report.fix}`.split('\n');
  stderr.write(lines.map((line) => `${wrapped(line, width)}\n`).join(''));
  if (isDebug && report.help !== undefined) stderr.write(`  help: ${report.help}\n${stack}\n`);
  return report.exit_code;
}

/** Breaks a sentence between words. Lines of a file, with a line below them that marks a place, are kept. */
function wrapped(line: string, width: number | undefined): string {
  if (width === undefined || /^\s+(?!\s|fix: )/.test(line)) return line;
  return wrapText(line, width, line.startsWith(' ') ? '       ' : '  ').join('\n');
}

function knownReport({ code, what, fix, help }: RidgelineError) {
  return { code, what, fix, exit_code: errorExitCodes[code], help };
}

function unknownReport(error: unknown, stack: string | undefined) {
  const fix = 'Run the command again with --debug and report its output.';
  const what = stack ?? errorMessage(error);
  return { code: 'UNEXPECTED', what, fix, exit_code: exitCode.failed, help: undefined };
}

/**
 * Reports the error and ends the process at once, without closing files: for errors after which nothing
 * may be written. Workers notice the closed connection; the next start reads what is on disk.
 */
export function exitWithError(error: unknown, context: Context): never {
  process.exit(reportError(error, context));
}
