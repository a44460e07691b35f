/** `ridgeline token`: creates, lists and revokes join strings of a running coordinator. */
import type { Command } from 'commander';
import { durationMs } from '../../base/duration.ts';
import { tableLines, textColumn, type Column } from '../../report/terminal/text-table.ts';
import type { Token } from '../../rpc/credentials/tokens.ts';
import { addControlCommand, withControl } from '../cluster/control.ts';
import { say, type Context } from '../process/context.ts';
import { addGroup, choice, usageError } from '../process/options.ts';
import { textOptions } from '../process/terminal.ts';

interface NewFlags {
  readonly role: 'worker' | 'viewer' | 'admin';
  /** Seconds. */
  readonly expires?: number;
}

/** What the holder of a join string can do, by role. */
const allowed: Readonly<Record<NewFlags['role'], string>> = {
  worker: 'join as a worker',
  viewer: 'see the studies and workers',
  admin: 'control the coordinator',
};

const newExample = 'ridgeline token new --role worker --expires 24h > worker.join';

export function addTokenCommand(program: Command, context: Context): void {
  const token = addGroup(program, 'token', {
    summary: 'creates, lists and revokes join strings',
    description: 'Creates, lists and revokes join strings of a running coordinator.',
    examples: [newExample],
  });
  addNew(token, context);
  const add = (name: string, summary: string, example: string): Command =>
    addControlCommand(token, name, summary, `ridgeline token ${example}`);
  add('list', 'lists the tokens without their secrets', 'list').action(async () => {
    const tokens = await withControl(context, (client) => client.listTokens());
    const text = context.stdout.isTTY
      ? tableLines(tokenColumns, tokens, textOptions(context)).join('\n')
      : [tokenColumns.map(({ head }) => head), ...tokens.map(tokenCells)]
          .map((cells) => cells.join('\t'))
          .join('\n');
    context.stdout.write(`${text}\n`);
  });
  add('revoke', 'revokes a token and disconnects its users', 'revoke 1f2e3d4c5b6a')
    .argument('<id>', 'token id, as in `ridgeline token list`')
    .action(async (id: string) => {
      if (!(await withControl(context, (client) => client.revokeToken(id))))
        throw usageError(
          `There is no token ${JSON.stringify(id)}.`,
          '`ridgeline token list` lists them.',
        );
      say(context, `token ${id} is revoked, and its users are disconnected`);
    });
}

function addNew(token: Command, context: Context): void {
  addControlCommand(token, 'new', 'creates a join string', newExample)
    .addOption(choice('--role <role>', 'what the token allows', Object.keys(allowed), 'worker'))
    .option(
      '--expires <duration>',
      'lifetime, such as 90m, 24h or 7d; its users are disconnected at the end (default: until revoked)',
      parseLifetime,
    )
    .action(async ({ role, expires }: NewFlags) => {
      const { id, join } = await withControl(context, (client) =>
        client.createToken(role, expires ?? null),
      );
      context.stdout.write(`${join}\n`);
      say(
        context,
        `anyone with this line can ${allowed[role]}; share it as a file. To revoke it: \`ridgeline token revoke ${id}\``,
      );
    });
}

const tokenColumns: readonly Column<Token>[] = [
  textColumn('id', null, ({ id }) => id),
  textColumn('role', null, ({ role }) => role),
  textColumn('expires', 10, ({ expiresAtMs }) => expiryText(expiresAtMs)),
];

function tokenCells(token: Token): (string | null)[] {
  return tokenColumns.map(({ cell }) => cell(token));
}

function expiryText(expiresAtMs: number | null): string {
  if (expiresAtMs === null) return 'until revoked';
  const end = new Date(expiresAtMs).toISOString();
  return expiresAtMs <= Date.now() ? `expired at ${end}` : `until ${end}`;
}

const lifetimeSecondsMax = 10 * 365 * 86_400;

/** @returns seconds */
function parseLifetime(text: string): number {
  const seconds = durationMs(text) / 1_000;
  if (seconds >= 1 && seconds <= lifetimeSecondsMax) return seconds;
  throw usageError(
    `--expires must be a duration in s, m, h or d, up to 10 years, got ${JSON.stringify(text)}.`,
    'For example: --expires 24h.',
  );
}
