/** Confirmation: asks a question in a terminal before something is removed or ended. */
import { createInterface } from 'node:readline/promises';
import type { Context } from './context.ts';
import { usageError } from './options.ts';

/**
 * Asks on stderr, and returns whether the answer is y or yes. `--yes` answers it, and Ctrl-C answers no.
 *
 * @param isRequired false: without a terminal, nothing is asked and the answer is yes
 * @throws RidgelineError USAGE without a terminal and without `--yes`, if `isRequired`
 */
export async function confirm(
  question: string,
  { yes = false }: { readonly yes?: boolean },
  { stdin, stderr }: Context,
  { isRequired = true } = {},
): Promise<boolean> {
  if (yes) return true;
  if (!stdin.isTTY || !stderr.isTTY) {
    if (!isRequired) return true;
    throw usageError(
      `${question} This cannot be asked without a terminal.`,
      'Add --yes to answer yes.',
    );
  }
  const lines = createInterface({ input: stdin, output: stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim());
  } catch (error) {
    // Ctrl-C answers no.
    if (!(error instanceof Error) || error.name !== 'AbortError') throw error;
    stderr.write('\n');
    return false;
  } finally {
    lines.close();
  }
}

export const yesOption = ['--yes', 'do not ask'] as const;
