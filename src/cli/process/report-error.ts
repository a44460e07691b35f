/** Error report: prints one error with its fix, and returns the exit code. */
import { CommanderError } from 'commander';
import { errorExitCodes, RidgelineError, messageOf } from '../../base/errors.ts';
import type { Context } from './context.ts';
import { exitCode } from './exit-codes.ts';
import { isJsonLog } from './log.ts';

type Surroundings = Pick<Context, 'argv' | 'env'> & { readonly stderr: NodeJS.WritableStream };

/** @returns the exit code */
export function reportError(error: unknown, { stderr, argv, env }: Surroundings): number {
  const isDebug = argv.includes('--debug');
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.done : exitCode.usage;
  const stack = isDebug && error instanceof Error ? error.stack : undefined;
  if (!(error instanceof RidgelineError)) {
    const detail = stack ?? messageOf(error);
    const fix = 'Run the command again with --debug and report its output.';
    stderr.write(
      isJsonLog(env)
        ? jsonLine({ code: 'UNEXPECTED', what: detail, fix, exit_code: exitCode.failed })
        : `ridgeline: unexpected error: ${detail}\n  fix: ${fix}\n`,
    );
    return exitCode.failed;
  }
  const { code, what, fix, help } = error;
  const exit = errorExitCodes[code];
  if (isJsonLog(env)) {
    stderr.write(jsonLine({ code, what, fix, exit_code: exit, help, stack }));
  } else {
    stderr.write(`ridgeline: ${what}\n  fix: ${fix}\n`);
    if (isDebug) stderr.write(`  help: ${help}\n${stack ?? ''}\n`);
  }
  return exit;
}

/** A line in the shape of the log. */
function jsonLine(fields: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify({ level: 60, time: Date.now(), msg: 'command failed', ...fields })}\n`;
}

/**
 * Reports the error and ends the process at once, without closing files: for errors after which nothing
 * may be written. Workers notice by themselves; the next start reads what is on disk.
 */
export function exitWithError(error: unknown, context: Context): never {
  process.exit(reportError(error, context));
}
