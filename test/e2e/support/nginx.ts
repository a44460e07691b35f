/** A real nginx as a proxy for tests; tests are skipped if Debian's nginx is not installed. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { scratchDir } from './processes.ts';

const nginx = '/usr/sbin/nginx';

export const hasNginx = existsSync(nginx);
if (!hasNginx) process.stderr.write('skipped: the dashboard behind a proxy needs nginx\n');

/** Starts nginx with these `server` blocks; it listens when this returns, and stops after the test. */
export function startNginx(servers: string): void {
  const dir = scratchDir();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${join(dir, name)};`)
    .join('\n');
  const file = join(dir, 'nginx.conf');
  writeFileSync(
    file,
    `pid ${join(dir, 'pid')};
error_log ${join(dir, 'error.log')};
events {}
http {
access_log off;
${temporary}
${servers}
}`,
  );
  const started = spawnSync(nginx, ['-e', join(dir, 'error.log'), '-c', file]);
  if (started.status !== 0) throw new Error(`nginx: ${started.stderr.toString()}`);
  onTestFinished(() => {
    process.kill(Number(readFileSync(join(dir, 'pid'), 'utf8')));
  });
}
