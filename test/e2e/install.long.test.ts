/** Installation: the command on the PATH from the source folder and from a packed file. Needs a registry. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratchDir } from './support/processes.ts';

const minutes = 60_000;

/** What the installed command prints, in an empty folder and with an empty state directory. */
function installed(prefix: string, ...args: string[]): string {
  const env = { ...process.env, XDG_STATE_HOME: join(prefix, 'state') };
  const command = join(prefix, 'bin', 'ridgeline');
  return execFileSync(command, args, { cwd: prefix, env, encoding: 'utf8' });
}

test(
  'the command works from a global link to the source, and from a packed file',
  { timeout: 20 * minutes },
  () => {
    const [linked, packed, files] = [scratchDir(), scratchDir(), scratchDir()];
    const npm = (...args: string[]) => execFileSync('npm', args, { stdio: 'ignore' });
    npm('install', '--global', '--prefix', linked, '.');
    npm('pack', '--pack-destination', files);
    const [file = ''] = readdirSync(files);
    npm('install', '--global', '--prefix', packed, join(files, file));
    for (const prefix of [linked, packed]) {
      expect(installed(prefix, '--version')).toMatch(/^ridgeline \d.* \(Node 2\d/);
      expect(installed(prefix, 'complete', '--', 'completion', 'z')).toBe('zsh\n');
      expect(installed(prefix, 'help', 'study', 'epochs')).toMatch(/^trainer\.epochs\n/);
      installed(prefix, 'init', 'first');
      expect(installed(prefix, 'plan', 'first.yaml')).toMatch(/coarse\/20/);
    }
  },
);
