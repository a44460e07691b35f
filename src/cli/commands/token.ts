/** `ridgeline token`: join strings of a running coordinator. */
import { Option, type Command } from 'commander';
import { RidgelineError } from '../../base/errors.ts';
import { wholeNumber, type Context } from '../context.ts';
import { control, withControl, type ControlFlags } from '../control.ts';

export function addTokenCommand(program: Command, context: Context): void {
  const token = program
    .command('token')
    .summary('join strings: make, list, revoke')
    .description('Join strings of a running coordinator.');
  control(
    token,
    'new',
    'makes a join string',
    'ridgeline token new --role worker --hours 24 > worker.join',
  )
    .addOption(
      new Option('--role <role>', 'what it allows')
        .choices(['worker', 'viewer', 'admin'])
        .default('worker'),
    )
    .option(
      '--hours <n>',
      'how long it is good (default: until revoked)',
      wholeNumber('--hours', 1, 87_600),
    )
    .action(
      async (
        flags: ControlFlags & {
          readonly role: 'worker' | 'viewer' | 'admin';
          readonly hours?: number;
        },
      ) => {
        const seconds = flags.hours === undefined ? null : flags.hours * 3_600;
        const { join } = await withControl(context, flags, (client) =>
          client.createToken(flags.role, seconds),
        );
        context.stdout.write(`${join}\n`);
      },
    );
  addListAndRevoke(token, context);
}

function addListAndRevoke(token: Command, context: Context): void {
  control(token, 'list', 'lists the tokens, without their secrets', 'ridgeline token list').action(
    async (flags: ControlFlags) => {
      const tokens = await withControl(context, flags, (client) => client.listTokens());
      for (const { id, role, expiresAtMs } of tokens) {
        context.stdout.write(
          `${id}\t${role}\t${expiresAtMs === null ? 'until revoked' : new Date(expiresAtMs).toISOString()}\n`,
        );
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
      if (await withControl(context, flags, (client) => client.revokeToken(id))) return;
      throw new RidgelineError(
        'USAGE',
        `There is no token ${JSON.stringify(id)}.`,
        '`ridgeline token list` shows them.',
      );
    });
}
