/**
 * Exit with the parent: ends this process when the process that it belongs to has ended.
 *
 * If the system's Node is too old, `scripts/ridgeline.mjs` starts this process under the bundled one and
 * waits. If the script is killed, this process must not keep the state directory locked, so it checks the
 * id of its parent. `run` holds an IPC channel to each local worker, which closes however `run` ends.
 * In both cases the parent may have ended before the first check.
 */
import { exitCode } from './exit-codes.ts';

/** Environment variable with the process id of `scripts/ridgeline.mjs`. */
const wrapperVariable = 'RIDGELINE_LAUNCHER';

const pollMs = 500;

/**
 * Ends this process soon after the wrapper script that started it; without one, does nothing. Removes
 * the variable from `env`: child processes do not belong to the script.
 */
export function exitWithWrapper(env: NodeJS.ProcessEnv): void {
  const wrapper = env[wrapperVariable];
  if (wrapper === undefined) return;
  delete env[wrapperVariable];
  const check = (): void => {
    if (String(process.ppid) !== wrapper) process.kill(process.pid, 'SIGKILL');
  };
  check();
  setInterval(check, pollMs).unref();
}

/** Ends this process, a local worker, with the `run` that started it. */
export function exitWithRun(): void {
  const end = (): never => process.exit(exitCode.failed);
  if (!process.connected) end();
  process.on('disconnect', end);
  // The channel must not keep a worker alive that has finished.
  process.channel?.unref();
}
