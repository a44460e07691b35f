/** `ridgeline coordinator`: serves studies in order of submission until it is stopped. */
import type { Command } from 'commander';
import { systemClock } from '../../base/clock.ts';
import { studyFromFile } from '../process/study-files.ts';
import { readProgramFiles } from '../../config/program-files.ts';
import { LiveView } from '../cluster/live-view.ts';
import { serveCluster } from '../cluster/serve-cluster.ts';
import type { Context } from '../process/context.ts';
import { copyToLogFile } from '../process/log-file.ts';
import { exitCode } from '../process/exit-codes.ts';
import {
  addCommand,
  withDataOption,
  withListenOptions,
  type ListenFlags,
} from '../process/options.ts';
import { stateMaxOption } from '../process/sizes.ts';
import { StopSignals } from '../process/stop-signals.ts';

export function addCommands(program: Command, context: Context): void {
  const command = addCommand(program, 'coordinator', {
    summary: 'serves studies to workers that join',
    description:
      'Serves studies, in order of submission, to the workers that join, and resumes unfinished studies after a restart.',
    examples: [
      'ridgeline coordinator configs/coarse-to-fine.yaml --listen 0.0.0.0:7070 --data-dir ~/data',
    ],
  });
  withListenOptions(withDataOption(command), '127.0.0.1:7070')
    .argument('[studies...]', 'study files (YAML) to submit at the start')
    .addOption(stateMaxOption('most bytes of states that workers upload, in the state directory'))
    .option('--log <file>', 'file that gets the lines of stderr too, with their times; appended')
    .action(async (files: string[], flags: ListenFlags & { readonly log?: string }) => {
      if (flags.log !== undefined) copyToLogFile(context.stderr, flags.log, systemClock);
      const studies = await Promise.all(
        files.map(async (file) => {
          const spec = await studyFromFile(file);
          return { spec, contents: await readProgramFiles(spec, file) };
        }),
      );
      const cluster = await serveCluster({ context, flags });
      try {
        using view = new LiveView(context, cluster.coordinator, null);
        for (const { spec, contents } of studies) {
          const outcome = await cluster.coordinator.submit(spec, { contents });
          view.say(`${spec.study}: ${outcome}`);
        }
        view.say(`listening on ${cluster.address}; to join a worker, run:`);
        context.stdout.write(`ridgeline worker --join @${cluster.workerJoinFile}\n`);
        view.say(
          'on another machine: copy that file there first, or pass its line to `ridgeline worker --join -`',
        );
        if (cluster.dashboard !== null) view.say(cluster.dashboard.text);
        const stopped = Promise.withResolvers<void>();
        using signals = new StopSignals((count, signal) => {
          if (count > 1)
            process.exit(signal === 'SIGINT' ? exitCode.interrupted : exitCode.terminated);
          const isAlone = cluster.coordinator.workers().every(({ state }) => state === 'lost');
          view.say(
            isAlone
              ? 'stopping; no worker is connected'
              : 'stopping; workers keep training, and the next start receives their results',
          );
          stopped.resolve();
        });
        void cluster.stopRequested.then(() => signals.request());
        await stopped.promise;
      } finally {
        await cluster.stop('the coordinator was stopped');
      }
    });
}
