#!/usr/bin/env node
/**
 * Launcher of the `ridgeline` command: runs it with a Node that is new enough. That is the Node that
 * started it, or the one installed as a dependency (Linux); otherwise it reports what is missing. Plain
 * JavaScript without newer syntax, since old versions of Node must parse it.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants as fileModes, existsSync, mkdirSync } from 'node:fs';
import * as module from 'node:module';
import { constants, homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

// Node's default would open a debugger on SIGUSR1. `main` decides what the signal does.
process.on('SIGUSR1', () => undefined);

const required = [24, 15];
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const source = join(root, 'src', 'cli', 'main.ts');
const main = existsSync(source) ? source : join(root, 'dist', 'cli', 'main.js');

// Compiled code is cached between runs, which halves the start time. The cache is in the user's own folder,
// since others could write to a shared one. Without a writable folder nothing is cached.
const compiled = compileCache();
if (compiled !== null) process.env.NODE_COMPILE_CACHE = compiled;

const [major, minor] = process.versions.node.split('.').map(Number);
if (major > required[0] || (major === required[0] && minor >= required[1])) {
  if (compiled !== null) module.enableCompileCache(compiled);
  await import(pathToFileURL(main).href);
} else {
  const node = bundledNode();
  if (node === null) {
    console.error(
      `ridgeline: Node ${required.join('.')} or later is required, this is ${process.versions.node}.\n` +
        '  fix: Install a newer Node. On Linux, `npm ci` installs one as a dependency.',
    );
    process.exit(78);
  }
  const child = spawn(
    node,
    [...process.execArgv, '--disable-sigusr1', main, ...process.argv.slice(2)],
    {
      // IPC messages of the parent are forwarded to the child.
      stdio: process.channel ? ['inherit', 'inherit', 'inherit', 'ipc'] : 'inherit',
      // The child ends with this process, even if this one is killed (src/cli/process/exit-with-parent.ts).
      env: { ...process.env, RIDGELINE_LAUNCHER: String(process.pid) },
    },
  );
  if (process.channel) {
    process.on('message', (message) => child.connected && child.send(message));
    child.on('message', (message) => process.connected && process.send(message));
    process.on('disconnect', () => child.connected && child.disconnect());
  }
  // Ctrl-C in a terminal also signals the child directly; the child counts both as one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'])
    process.on(signal, () => child.kill(signal));
  // Blocked in the child, so that it never opens a debugger; both are a scheduler's warning.
  process.on('SIGUSR1', () => child.kill('SIGUSR2'));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

/** Null if it cannot be written. The folder exists then: Node's own `mkdir` never ends in /proc. */
function compileCache() {
  try {
    const { NODE_COMPILE_CACHE, XDG_CACHE_HOME } = process.env;
    if (NODE_COMPILE_CACHE) return NODE_COMPILE_CACHE;
    const caches = XDG_CACHE_HOME || join(homedir(), '.cache');
    const folder = resolve(caches, 'ridgeline', 'compiled');
    makeFolders(folder);
    accessSync(folder, fileModes.W_OK | fileModes.X_OK);
    return folder;
  } catch {
    return null;
  }
}

function makeFolders(folder) {
  if (existsSync(folder)) return;
  makeFolders(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
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
