/** Open in browser: shows a file with the program that the desktop has for it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Context } from './context.ts';

/** By platform; others are Unix desktops. */
const openers: Readonly<Record<string, readonly [command: string, ...args: string[]]>> = {
  darwin: ['open'],
  win32: ['explorer.exe'],
};

/** A desktop that cannot open it is a warning: the file is written. */
export async function openInBrowser(
  file: string,
  { env, log }: Pick<Context, 'env' | 'log'>,
): Promise<void> {
  const [command, ...args] = openers[process.platform] ?? ['xdg-open'];
  const child = spawn(command, [...args, resolve(file)], {
    env,
    stdio: 'ignore',
    detached: true,
  });
  child.unref();
  try {
    await once(child, 'spawn');
  } catch {
    log.warn(`${command} could not be started: open ${resolve(file)} in a browser`);
  }
}
