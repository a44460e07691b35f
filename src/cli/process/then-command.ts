/** Then command: the shell command of `--then`, which runs when a study has ended or was stopped. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { errorMessage } from '../../base/errors.ts';
import type { ShownStatus } from '../../study/summaries.ts';
import { isOver } from '../../study/trial.ts';
import type { Context } from './context.ts';
import { exitCode } from './exit-codes.ts';
import { shellWord } from './resume-command.ts';

export interface ThenFlags {
  readonly then?: string;
}

export const thenOption = [
  '--then <command>',
  'shell command to run at the end, with RIDGELINE_STUDY, RIDGELINE_STATUS and RIDGELINE_EXIT_CODE in its environment',
] as const;

/**
 * Runs the command; its output goes to stderr, since stdout has results. Reports its failure.
 *
 * @param code exit code of the command that ran or watched the study
 * @param readStatus null if the study is not stored
 * @returns the exit code of this process: `code`, or 1 if only the command failed
 */
export async function runThen(
  { then }: ThenFlags,
  study: string,
  code: number,
  { env, stderr }: Pick<Context, 'env' | 'stderr'>,
  readStatus: () => Promise<ShownStatus | null>,
): Promise<number> {
  if (then === undefined) return code;
  const status = await readStatus();
  const own = {
    RIDGELINE_STUDY: study,
    RIDGELINE_STATUS: status !== null && isOver(status) ? status : 'stopped',
    RIDGELINE_EXIT_CODE: String(code),
  };
  const failure = await failureOf(then, { ...env, ...own });
  if (failure === null) return code;
  const variables = Object.entries(own).map(([name, value]) => `${name}=${shellWord(value)}`);
  const byHand = `env ${variables.join(' ')} sh -c ${shellWord(then)}`;
  stderr.write(`ridgeline: The command of --then ${failure}.\n  fix: Run it by hand: ${byHand}\n`);
  return code === exitCode.done ? exitCode.failed : code;
}

/** @returns why the command failed; null if it succeeded */
async function failureOf(command: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  try {
    const child = spawn(command, { shell: true, env, stdio: ['ignore', 2, 2] });
    await once(child, 'exit');
    const { exitCode: code, signalCode } = child;
    if (code === 0) return null;
    return code === null
      ? `was ended by ${signalCode ?? 'a signal'}`
      : `ended with exit code ${code}`;
  } catch (error) {
    return `could not be started: ${errorMessage(error)}`;
  }
}
