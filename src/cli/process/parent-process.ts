/**
 * The process that this one belongs to, and ends with: a launcher, or the `run` of a local worker.
 *
 * Where the system's Node is too old, this process was started by `scripts/ridgeline.mjs` under the one
 * that came with the project, and that one waits for it. To its user the two are one process: when the
 * first is killed the second must not stay, hold the state directory and go on. A killed process tells
 * nobody, so the second looks whose child it is. It ends as it would have been ended itself: at once,
 * with nothing said, as everything here must stand it at any instant.
 *
 * `run` holds an IPC channel to each of its workers, and the system closes it however `run` ends.
 *
 * In both, the other may have ended before anybody listened here: what is already so counts like what happens.
 */
import { exitCode } from './exit-codes.ts';

/** In the environment of the launcher's child: the launcher's process id. */
const launcherVariable = 'RIDGELINE_LAUNCHER';

const lookMs = 500;

/** Ends this process soon after its launcher; does nothing where there is none. Takes the launcher out of `env`: nothing started from here is its child. */
export function endWithLauncher(env: NodeJS.ProcessEnv): void {
  const launcher = env[launcherVariable];
  if (launcher === undefined) return;
  delete env[launcherVariable];
  const look = (): void => {
    if (String(process.ppid) !== launcher) process.kill(process.pid, 'SIGKILL');
  };
  look();
  setInterval(look, lookMs).unref();
}

/** Ends this process, a local worker, with the `run` that started it. */
export function endWithRun(): void {
  const end = (): never => process.exit(exitCode.failed);
  if (!process.connected) end();
  process.on('disconnect', end);
  // Tied to `run` for as long as it works, not kept alive by it.
  process.channel?.unref();
}
