/** `ridgeline dashboard`: shows the stored studies in a browser, without a coordinator. */
import type { Command } from 'commander';
import { dashboardAddress } from '../cluster/dashboard.ts';
import { showStoredStudies } from '../cluster/show-stored.ts';
import type { Context } from '../process/context.ts';
import { addCommand, withHttpOptions, withKeysOption, type HttpFlags } from '../process/options.ts';

export function addCommands(program: Command, context: Context): void {
  const command = addCommand(program, 'dashboard', {
    summary: 'shows the stored studies in a browser, without a coordinator',
    description:
      'Serves the dashboard of the stored studies until Ctrl-C, while a coordinator runs or none does.',
    notes:
      'It changes nothing. To pause or cancel studies, use --http of `run` or `coordinator`, which also shows workers and curves of running trials.',
    examples: ['ridgeline dashboard', 'ridgeline dashboard --http 127.0.0.1:7272 --state ~/sweeps'],
  });
  withHttpOptions(withKeysOption(command), '127.0.0.1:7171').action(async (flags: HttpFlags) => {
    const address = dashboardAddress(flags);
    if (address !== null) await showStoredStudies(address, context);
  });
}
