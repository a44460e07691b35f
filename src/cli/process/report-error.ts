/** How a command line says that it failed: one error, how to fix it, and the exit code. */
import { CommanderError } from 'commander';
import { RidgelineError, messageOf } from '../../base/errors.ts';
import type { Context } from './context.ts';
import { exitCode, exitCodeOf } from './exit-codes.ts';

/** Says what went wrong, once and in one form, and which exit code that is. */
export function reportError(error: unknown, context: Pick<Context, 'stderr' | 'argv'>): number {
  const debug = context.argv.includes('--debug');
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.done : exitCode.usage;
  if (error instanceof RidgelineError) {
    context.stderr.write(`ridgeline: ${error.what}\n  fix: ${error.fix}\n`);
    if (debug) context.stderr.write(`${error.stack ?? ''}\n`);
    return exitCodeOf(error.code);
  }
  const detail =
    debug && error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
  context.stderr.write(
    `ridgeline: unexpected error: ${detail}\n  fix: Run the command again with --debug and report what it prints.\n`,
  );
  return exitCode.failed;
}

/**
 * For what must not go on by a single step, not even to close files: says why, and ends the process.
 * Workers notice by themselves; the next start reads what is on the disk.
 */
export function endProcessWith(error: unknown, context: Context): never {
  process.exit(reportError(error, context));
}
