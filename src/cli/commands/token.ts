/** `ridgeline token`: join strings of a running coordinator. */
import { Option, type Command } from 'commander';
import { RidgelineError } from '../../base/errors.ts';
import type { Context } from '../process/context.ts';
import { control, withControl, type ControlFlags } from '../cluster/control.ts';

export function addTokenCommand(program: Command, context: Context): void {
  const token = program
    .command('token')
    .summary('join strings: make, list, revoke')
    .description('Join strings of a running coordinator.');
  control(
    token,
    'new',
    'makes a join string',
    'ridgeline token new --role worker --expires 24h > worker.join',
  )
    .addOption(
      new Option('--role <role>', 'what it allows')
        .choices(['worker', 'viewer', 'admin'])
        .default('worker'),
    )
    .option(
      '--expires <duration>',
      'how long it is good, as 90m, 24h or 7d; then what it let in is cut off (default: until revoked)',
      lifetimeSeconds,
    )
    .action(
      async (
        flags: ControlFlags & {
          readonly role: 'worker' | 'viewer' | 'admin';
          readonly expires?: number;
        },
      ) => {
        const { id, join } = await withControl(context, flags, (client) =>
          client.createToken(flags.role, flags.expires ?? null),
        );
        context.stdout.write(`${join}\n`);
        say(
          context,
          flags,
          `whoever has this line may join; hand it on as a file. \`ridgeline token revoke ${id}\` ends it`,
        );
      },
    );
  addListAndRevoke(token, context);
}

function addListAndRevoke(token: Command, context: Context): void {
  control(token, 'list', 'lists the tokens, without their secrets', 'ridgeline token list').action(
    async (flags: ControlFlags) => {
      const tokens = await withControl(context, flags, (client) => client.listTokens());
      for (const { id, role, expiresAtMs } of tokens) {
        context.stdout.write(`${id}\t${role}\t${endOf(expiresAtMs)}\n`);
      }
    },
  );
  control(
    token,
    'revoke',
    'ends a token and what is connected with it',
    'ridgeline token revoke 1f2e3d4c5b6a',
  )
    .argument('<id>', 'as `ridgeline token list` shows it')
    .action(async (id: string, flags: ControlFlags) => {
      if (await withControl(context, flags, (client) => client.revokeToken(id))) {
        say(context, flags, `token ${id} is revoked, and what it had let in is cut off`);
        return;
      }
      throw new RidgelineError(
        'USAGE',
        `There is no token ${JSON.stringify(id)}.`,
        '`ridgeline token list` shows them.',
      );
    });
}

function say(context: Context, flags: ControlFlags, text: string): void {
  if (flags.quiet !== true) context.stderr.write(`${text}\n`);
}

function endOf(expiresAtMs: number | null): string {
  if (expiresAtMs === null) return 'until revoked';
  const end = new Date(expiresAtMs).toISOString();
  return expiresAtMs <= Date.now() ? `expired at ${end}` : `until ${end}`;
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
const lifetimeSecondsMax = 10 * 365 * 86_400;

function lifetimeSeconds(text: string): number {
  const { count, unit = '' } = /^(?<count>[0-9]{1,9})(?<unit>[smhd])$/.exec(text)?.groups ?? {};
  const seconds = Number(count) * (unitSeconds[unit] ?? NaN);
  if (seconds >= 1 && seconds <= lifetimeSecondsMax) return seconds;
  throw new RidgelineError(
    'USAGE',
    `--expires must be a whole number of s, m, h or d, up to 10 years, got ${JSON.stringify(text)}.`,
    'Give for example --expires 24h.',
  );
}
