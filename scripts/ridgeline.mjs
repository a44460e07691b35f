#!/usr/bin/env node
/**
 * The command. It runs under a Node that is new enough: the one it was started with, or the one that
 * was installed beside the project (Linux), or it says what is missing. Plain JavaScript without
 * newer syntax, since an old Node must be able to read it.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as module from 'node:module';
import { constants, homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const required = [24, 15];
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const source = join(root, 'src', 'cli', 'main.ts');
const main = existsSync(source) ? source : join(root, 'dist', 'cli', 'main.js');

// Compiled code is kept between runs: it halves the time until a command does anything. In the user's own
// cache and not in a folder that others may write; where that cannot be written, nothing is kept.
process.env.NODE_COMPILE_CACHE ??= join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
  'ridgeline',
  'compiled',
);

const [major, minor] = process.versions.node.split('.').map(Number);
if (major > required[0] || (major === required[0] && minor >= required[1])) {
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  await import(pathToFileURL(main).href);
} else {
  const node = bundledNode();
  if (node === null) {
    console.error(
      `ridgeline: Node ${required.join('.')} or later is needed, this is ${process.versions.node}.\n` +
        '  fix: install a newer Node, or run `npm ci` again so that the one for Linux comes with it.',
    );
    process.exit(78);
  }
  const child = spawn(node, [...process.execArgv, main, ...process.argv.slice(2)], {
    // A parent that talks to this process by IPC goes on talking to the real one.
    stdio: process.channel ? ['inherit', 'inherit', 'inherit', 'ipc'] : 'inherit',
    // It ends with this process, also when that is killed (src/cli/process/parent-process.ts).
    env: { ...process.env, RIDGELINE_LAUNCHER: String(process.pid) },
  });
  if (process.channel) {
    process.on('message', (message) => child.connected && child.send(message));
    child.on('message', (message) => process.connected && process.send(message));
    process.on('disconnect', () => child.connected && child.disconnect());
  }
  // A terminal's Ctrl-C reaches the child by itself as well; it counts both as one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

function bundledNode() {
  const name = `node-${process.platform}-${process.arch}`;
  try {
    const manifest = module.createRequire(import.meta.url).resolve(`${name}/package.json`);
    const binary = join(dirname(manifest), 'bin', 'node');
    return existsSync(binary) ? binary : null;
  } catch {
    return null;
  }
}
