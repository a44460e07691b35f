/**
 * Where the system's Node is too old, this process was started by `scripts/ridgeline.mjs` under the one
 * that came with the project, and that one waits for it. To its user the two are one process: when the
 * first is killed the second must not stay, hold the state directory and go on.
 *
 * A killed process tells nobody, so the second looks whose child it is. It ends as it would have been
 * ended itself: at once, with nothing said, as everything here must stand it at any instant.
 */

/** In the environment: the launcher's process id. Passed on to others it means nothing: they are not its children. */
const launcherVariable = 'RIDGELINE_LAUNCHER';

const lookMs = 500;

/** Ends this process soon after its launcher; does nothing where there is none. */
export function endWithLauncher(env: NodeJS.ProcessEnv): void {
  const launcher = Number(env[launcherVariable]);
  if (process.ppid !== launcher) return;
  const look = (): void => {
    if (process.ppid !== launcher) process.kill(process.pid, 'SIGKILL');
  };
  setInterval(look, lookMs).unref();
}
