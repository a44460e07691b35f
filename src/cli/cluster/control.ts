/** What commands that talk to a running coordinator share: how they find it and what they look like. */
import type { Command } from 'commander';
import { connectControl, type ControlClient } from '../../rpc/client/control-client.ts';
import { readAdminJoin } from '../../rpc/credentials/join-files.ts';
import { readJoin, type JoinTarget } from '../../rpc/credentials/join-string.ts';
import type { ClusterFormat } from '../../report/terminal/cluster-tables.ts';
import { stateDirOf, type CommonFlags, type Context } from '../process/context.ts';
import { withCommonOptions, withCoordinatorOption } from '../process/options.ts';

export interface ControlFlags extends CommonFlags {
  readonly coordinator?: string;
  readonly format?: ClusterFormat;
}

/** Opens a connection to the coordinator that the flags name, and closes it after use. */
export async function withControl<T>(
  context: Context,
  flags: ControlFlags,
  use: (client: ControlClient) => Promise<T>,
): Promise<T> {
  const target =
    flags.coordinator === undefined
      ? readAdminJoin(stateDirOf(context, flags))
      : await joinFrom('--coordinator', flags.coordinator, context);
  using client = await connectControl(target);
  return await use(client);
}

/** A join string from a file, standard input or, with a warning, the command line itself. */
export async function joinFrom(
  option: string,
  argument: string,
  { log }: Pick<Context, 'log'>,
): Promise<JoinTarget> {
  const target = await readJoin(argument, process.stdin);
  if (argument !== '-' && !argument.startsWith('@')) {
    log.warn(`\`ps\` shows the token to other users of this machine: give ${option} @FILE or -`);
  }
  return target;
}

/** A command with the options that all of these have, and an example. */
export function control(program: Command, name: string, summary: string, example: string): Command {
  return withCoordinatorOption(withCommonOptions(program.command(name)))
    .summary(summary)
    .description(`${summary[0]?.toUpperCase() ?? ''}${summary.slice(1)}.`)
    .addHelpText('after', `\nExample:\n  ${example}`);
}
