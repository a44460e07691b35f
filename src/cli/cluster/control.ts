/** Control commands: how commands find a running coordinator and connect to it. */
import type { Command } from 'commander';
import { RidgelineError } from '../../base/errors.ts';
import { timeText } from '../../report/text/number-format.ts';
import type { ControlClient } from '../../rpc/client/control-client.ts';
import { readAdminJoin } from '../../rpc/credentials/join-files.ts';
import {
  parseJoin,
  readJoin,
  readLine,
  type JoinTarget,
} from '../../rpc/credentials/join-string.ts';
import { keysDirectory, stateDirectory, type Context } from '../process/context.ts';
import { addCommand, withKeysOption } from '../process/options.ts';

/** Connects to the coordinator that `--coordinator` names, and disconnects after use. */
export async function withControl<T>(
  context: Context,
  use: (client: ControlClient) => Promise<T>,
): Promise<T> {
  using client = await controlConnector(context)();
  return await use(client);
}

/** A function that connects to that coordinator, each time it is called. */
export function controlConnector(context: Context): () => Promise<ControlClient> {
  const { coordinator } = context.flags;
  if (coordinator === undefined) return async () => await connectLocal(context);
  const read = joinReader('--coordinator', coordinator, context);
  return async () => await connect(await read());
}

/** Workers load this module, too: they start sooner without the client and the store. */
async function connect(target: JoinTarget): Promise<ControlClient> {
  const { connectControl } = await import('../../rpc/client/control-client.ts');
  return await connectControl(target);
}

/** Reads a join string; a file again at each call, as a restarted coordinator may have another address. */
export function joinReader(
  option: string,
  argument: string,
  context: Context,
): () => Promise<JoinTarget> {
  const read = async (): Promise<JoinTarget> => await readJoinOption(option, argument, context);
  let last = read();
  last.catch(() => undefined); // The first call throws it.
  let isFirst = true;
  return async () => {
    const before = last;
    if (!isFirst && argument.startsWith('@')) last = read().catch(async () => await before);
    isFirst = false;
    return await last;
  };
}

/**
 * For a worker of `run`: reads a line with the join string and the needs of the study, which it allows.
 *
 * @param allow called with each need before the first result
 */
export function localJoinReader(allow: (needs: string) => void): () => Promise<JoinTarget> {
  const reading = readLine(process.stdin).then((line) => {
    const [join = '', ...needs] = line.trim().split(' ');
    for (const need of needs) allow(need);
    return parseJoin(join);
  });
  reading.catch(() => undefined); // The first call throws it.
  return async () => await reading;
}

/** Connects to the coordinator of a state directory. */
async function connectLocal(context: Context): Promise<ControlClient> {
  const stateDir = stateDirectory(context);
  const target = readAdminJoin(keysDirectory(context));
  try {
    return await connect(target);
  } catch (error) {
    const isAbsent = error instanceof RidgelineError && error.code === 'COORDINATOR_UNREACHABLE';
    if (!isAbsent) throw error;
    const { isStateLocked } = await import('../../store/sqlite/lock.ts');
    // A process with the lock may be a coordinator that starts, or one that hangs.
    if (isStateLocked(stateDir)) throw error;
    throw await noCoordinatorRuns(stateDir, error);
  }
}

async function noCoordinatorRuns(stateDir: string, cause: unknown): Promise<RidgelineError> {
  const lastMs = await lastEventMs(stateDir);
  const end = lastMs === null ? '' : ` (the last event of its store was at ${timeText(lastMs)})`;
  return new RidgelineError(
    'COORDINATOR_UNREACHABLE',
    `No coordinator runs for the state directory ${stateDir}${end}.`,
    'Start one with `ridgeline coordinator` or `ridgeline run STUDY.yaml`, or name another one with --state or --coordinator.',
    { cause },
  );
}

/** Null without a store that can be read. */
async function lastEventMs(stateDir: string): Promise<number | null> {
  try {
    const { openStoreReader } = await import('../../store/sqlite/open-store.ts');
    await using reader = await openStoreReader(stateDir);
    return (await reader.events(1))[0]?.atMs ?? null;
  } catch {
    return null;
  }
}

/** Reads a join string from a file, from standard input or, with a warning, from the command line. */
async function readJoinOption(
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
  return withKeysOption(addCommand(parent, name, { summary, examples: [example] })).option(
    '--coordinator <join>',
    'coordinator, as @FILE, - (standard input) or a join string (default: that of --state)',
  );
}
