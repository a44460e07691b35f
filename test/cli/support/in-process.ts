/** Commands in this process: a command line with captured streams, without the start of a process. */
import { PassThrough } from 'node:stream';
import { Command } from 'commander';
import { pino } from 'pino';
import { addCommands } from '../../../src/cli/command-loaders.ts';
import { applyConfig } from '../../../src/cli/process/apply-config.ts';
import type { Context, SharedFlags } from '../../../src/cli/process/context.ts';
import { reportError } from '../../../src/cli/process/report-error.ts';
import { parseCommandLine, silentErrors } from '../../../src/cli/process/usage-errors.ts';

interface Surroundings {
  readonly env?: NodeJS.ProcessEnv;
  /** What a user types in a terminal; without it, there is no terminal. */
  readonly typed?: string;
  /** Called when the command asks a question, before it is answered. */
  readonly asked?: () => Promise<void>;
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function inProcess(
  argv: readonly string[],
  { env = {}, typed, asked }: Surroundings = {},
): Promise<Ended> {
  const isTTY = typed !== undefined;
  const stdin = Object.assign(new PassThrough(), { isTTY });
  const [stdout, stderr] = [capture(false), capture(isTTY)];
  const answer = (): void => void stdin.write(`${typed}\n`);
  if (asked === undefined) answer();
  else stderr.stream.once('data', () => void asked().finally(answer));
  let code = 0;
  let flags: SharedFlags = {};
  const context = {
    stdin,
    stdout: stdout.stream,
    stderr: stderr.stream,
    env,
    log: pino({ level: 'silent' }),
    version: 'test',
    argv,
    get flags() {
      return flags;
    },
    finish: (value: number) => void (code = value),
  } as unknown as Context;
  const program = new Command('ridgeline').exitOverride().configureOutput({
    writeOut: (text) => context.stdout.write(text),
    writeErr: (text) => context.stderr.write(text),
    ...silentErrors,
  });
  await addCommands(program, context, argv[0]);
  program.hook('preAction', async (_program, command) => {
    await applyConfig(command, { XDG_CONFIG_HOME: '/nonexistent', ...env });
    flags = command.opts();
  });
  try {
    code = (await parseCommandLine(program, argv, env)) ?? code;
  } catch (error) {
    code = reportError(error, { stderr: context.stderr, argv, env });
  }
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function capture(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY });
  let text = '';
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { stream, text: () => text };
}
