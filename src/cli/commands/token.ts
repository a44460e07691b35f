/** `ridgeline token`: creates, lists and revokes join strings of a running coordinator. */
import type { Command } from 'commander';
import { addControlCommand, withControl, type ControlFlags } from '../cluster/control.ts';
import { say, type Context } from '../process/context.ts';
import { choice, usageError } from '../process/options.ts';

interface NewFlags extends ControlFlags {
  readonly role: 'worker' | 'viewer' | 'admin';
  /** Seconds. */
  readonly expires?: number;
}

export function addTokenCommand(program: Command, context: Context): void {
  const token = program
    .command('token')
    .summary('creates, lists and revokes join strings')
    .description('Creates, lists and revokes join strings of a running coordinator.')
    .addHelpText(
      'after',
      '\nExample:\n  ridgeline token new --role worker --expires 24h > worker.join',
    );
  addNew(token, context);
  addControlCommand(
    token,
    'list',
    'lists the tokens without their secrets',
    'ridgeline token list',
  ).action(async (flags: ControlFlags) => {
    const tokens = await withControl(context, flags, (client) => client.listTokens());
    for (const { id, role, expiresAtMs } of tokens)
      context.stdout.write(`${id}\t${role}\t${expiryText(expiresAtMs)}\n`);
  });
  const summary = 'revokes a token and disconnects its users';
  addControlCommand(token, 'revoke', summary, 'ridgeline token revoke 1f2e3d4c5b6a')
    .argument('<id>', 'token id, as in `ridgeline token list`')
    .action(async (id: string, flags: ControlFlags) => {
      if (!(await withControl(context, flags, (client) => client.revokeToken(id))))
        throw usageError(
          `There is no token ${JSON.stringify(id)}.`,
          '`ridgeline token list` lists them.',
        );
      say(context, flags, `token ${id} is revoked, and its users are disconnected`);
    });
}

function addNew(token: Command, context: Context): void {
  const example = 'ridgeline token new --role worker --expires 24h > worker.join';
  const roles = ['worker', 'viewer', 'admin'];
  addControlCommand(token, 'new', 'creates a join string', example)
    .addOption(choice('--role <role>', 'what the token allows', roles, 'worker'))
    .option(
      '--expires <duration>',
      'lifetime, such as 90m, 24h or 7d; its users are disconnected at the end (default: until revoked)',
      parseLifetime,
    )
    .action(async (flags: NewFlags) => {
      const { id, join } = await withControl(context, flags, (client) =>
        client.createToken(flags.role, flags.expires ?? null),
      );
      context.stdout.write(`${join}\n`);
      say(
        context,
        flags,
        `anyone with this line may join; share it as a file. To revoke it: \`ridgeline token revoke ${id}\``,
      );
    });
}

function expiryText(expiresAtMs: number | null): string {
  if (expiresAtMs === null) return 'until revoked';
  const end = new Date(expiresAtMs).toISOString();
  return expiresAtMs <= Date.now() ? `expired at ${end}` : `until ${end}`;
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
const lifetimeSecondsMax = 10 * 365 * 86_400;

/** @returns seconds */
function parseLifetime(text: string): number {
  const { count, unit = '' } = /^(?<count>[0-9]{1,9})(?<unit>[smhd])$/.exec(text)?.groups ?? {};
  const seconds = Number(count) * (unitSeconds[unit] ?? NaN);
  if (seconds >= 1 && seconds <= lifetimeSecondsMax) return seconds;
  throw usageError(
    `--expires must be a whole number of s, m, h or d, up to 10 years, got ${JSON.stringify(text)}.`,
    'For example: --expires 24h.',
  );
}
