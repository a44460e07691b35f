/** Control commands: how commands find a running coordinator and connect to it. */
import type { Command } from 'commander';
import { connectControl, type ControlClient } from '../../rpc/client/control-client.ts';
import { readAdminJoin } from '../../rpc/credentials/join-files.ts';
import { readJoin, type JoinTarget } from '../../rpc/credentials/join-string.ts';
import { stateDirectory, type Context } from '../process/context.ts';
import { addCommand } from '../process/options.ts';

/** Connects to the coordinator that `--coordinator` names, and disconnects after use. */
export async function withControl<T>(
  context: Context,
  use: (client: ControlClient) => Promise<T>,
): Promise<T> {
  const { coordinator } = context.flags;
  const target =
    coordinator === undefined
      ? readAdminJoin(stateDirectory(context))
      : await readJoinOption('--coordinator', coordinator, context);
  using client = await connectControl(target);
  return await use(client);
}

/** Reads a join string from a file, from standard input or, with a warning, from the command line. */
export async function readJoinOption(
  option: string,
  argument: string,
  { log }: Context,
): Promise<JoinTarget> {
  const target = await readJoin(argument, process.stdin);
  if (argument !== '-' && !argument.startsWith('@')) {
    log.warn(
      `\`ps\` shows the token to other users of this machine: use ${option} @FILE or ${option} -`,
    );
  }
  return target;
}

/** A command with the common options and `--coordinator`. */
export function addControlCommand(
  parent: Command,
  name: string,
  summary: string,
  example: string,
): Command {
  return addCommand(parent, name, { summary, examples: [example] }).option(
    '--coordinator <join>',
    'coordinator, as @FILE, - (standard input) or a join string (default: that of --state)',
  );
}
