/** `ridgeline coordinator`: serves studies in order of submission, until it is stopped. */
import type { Command } from 'commander';
import { loadStudy } from '../../config/load-study.ts';
import { stateDirOf, wholeNumber, type CommonFlags, type Context } from '../process/context.ts';
import { dashboardText } from '../cluster/dashboard.ts';
import { exitCode } from '../process/exit-codes.ts';
import { LiveView } from '../cluster/live-view.ts';
import { withCommonOptions, withDataOption } from '../process/options.ts';
import { serveCluster } from '../cluster/serve-cluster.ts';
import { StopSignals } from '../process/stop-signals.ts';

interface CoordinatorFlags extends CommonFlags {
  readonly listen: string;
  readonly advertise?: string;
  readonly http?: string;
  readonly lease: number;
}

export function addCoordinatorCommand(program: Command, context: Context): void {
  withDataOption(withCommonOptions(program.command('coordinator')))
    .argument('[studies...]', 'study files (YAML) to submit at once')
    .summary('serves studies to workers that join')
    .description(
      'Serves studies, in order of submission, to the workers that join. Stopped and started again, it goes on where it was.',
    )
    .option('--listen <host:port>', 'where workers and commands reach it', '127.0.0.1:7070')
    .option(
      '--advertise <host:port>',
      'the address in the join line, where it differs from --listen',
    )
    .option('--http <host:port>', 'the dashboard, for a browser: for example 127.0.0.1:7171')
    .option(
      '--lease <seconds>',
      'how long an attempt may make no progress',
      wholeNumber('--lease', 1, 3_600),
      20,
    )
    .addHelpText(
      'after',
      '\nExample:\n  ridgeline coordinator configs/coarse-to-fine.yaml --listen 0.0.0.0:7070 --data-dir ~/data',
    )
    .action(async (files: string[], flags: CoordinatorFlags) => {
      await serve(files, flags, context);
    });
}

async function serve(
  files: readonly string[],
  flags: CoordinatorFlags,
  context: Context,
): Promise<void> {
  const specs = await Promise.all(files.map((file) => loadStudy(file)));
  const cluster = await serveCluster({
    context,
    flags,
    stateDir: stateDirOf(context, flags),
    leaseMs: flags.lease * 1_000,
    startsAfresh: null,
  });
  try {
    using view = new LiveView({ context, flags, coordinator: cluster.coordinator, study: null });
    for (const spec of specs) {
      const outcome = await cluster.coordinator.submit(spec);
      view.say(`${spec.study}: ${outcome}`);
    }
    view.say(`listening on ${cluster.address}; a worker joins with:`);
    context.stdout.write(`ridgeline worker --join @${cluster.workerJoinFile}\n`);
    view.say(
      'on another machine: copy that file there first, or paste its line to `ridgeline worker --join -`',
    );
    if (cluster.dashboard !== null) view.say(dashboardText(cluster.dashboard));
    const stopped = Promise.withResolvers<void>();
    using _signals = new StopSignals((count, signal) => {
      if (count > 1) process.exit(signal === 'SIGINT' ? exitCode.interrupted : exitCode.terminated);
      view.say(
        'stopping: nothing more is granted; running trials go on at the workers and are taken up again by the next start',
      );
      stopped.resolve();
    });
    await stopped.promise;
  } finally {
    await cluster.stop('the coordinator was stopped');
  }
}
