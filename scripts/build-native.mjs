/**
 * Native build: compiles the C sources with the system's compiler to a Node-API addon next to them.
 *
 *     node scripts/build-native.mjs               prints the result; exits with 1 if the build fails
 *     node scripts/build-native.mjs --optional    for installations: prints nothing, exits with 0 always
 *     node scripts/build-native.mjs --into DIR    builds into another folder
 *
 * The file name has the digest of the sources, so an addon of other sources is not used. If the build
 * fails, a text file of the same name has the reason, for `ridgeline doctor`.
 *
 * Plain JavaScript for old versions of Node: it runs during the installation.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = ['src', 'dist']
  .map((place) => join(root, place, 'trainers', 'two-layer', 'kernel', 'native'))
  .find((place) => existsSync(place));

const optional = process.argv.includes('--optional');
const into = process.argv.includes('--into')
  ? process.argv[process.argv.indexOf('--into') + 1]
  : folder;

try {
  const target = await build(folder, into);
  if (!optional) process.stderr.write(`built ${target}\n`);
} catch (error) {
  if (!optional) {
    process.stderr.write(`The native kernel was not built: ${error.message}\n`);
    process.exitCode = 1;
  }
}

async function build(sourceFolder, targetFolder) {
  if (sourceFolder === undefined || targetFolder === undefined)
    throw new Error('the source or the target folder is missing');
  const files = readdirSync(sourceFolder).filter((name) => /\.[ch]$/.test(name));
  const hash = createHash('sha256');
  for (const file of files.toSorted()) hash.update(readFileSync(join(sourceFolder, file)));
  const digest = hash.digest('hex').slice(0, 12);
  const name = `kernel-${digest}-${process.platform}-${process.arch}`;
  const sources = files
    .filter((file) => file.endsWith('.c'))
    .map((file) => join(sourceFolder, file));
  mkdirSync(targetFolder, { recursive: true });
  const target = join(targetFolder, `${name}.node`);
  const reasonFile = join(targetFolder, `${name}.txt`);
  try {
    // Built under another name and renamed: other processes never see a partial file.
    const temporary = join(targetFolder, `${name}.${process.pid}.new`);
    try {
      await compile(sources, temporary);
      renameSync(temporary, target);
    } finally {
      rmSync(temporary, { force: true });
    }
    rmSync(reasonFile, { force: true });
    return target;
  } catch (error) {
    writeFileSync(reasonFile, `${error.message}\n`);
    throw error;
  }
}

async function compile(sources, target) {
  if (!['linux', 'darwin'].includes(process.platform) || !['x64', 'arm64'].includes(process.arch))
    throw new Error(`${process.platform} on ${process.arch} is not supported`);
  const include = (await import('node-api-headers')).default.include_dir;
  const flags = ['-O3', '-std=gnu11', '-ffp-contract=off', '-fPIC', '-I', include];
  const link =
    process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared'];
  const compilers = process.env.CC ? [process.env.CC] : ['cc', 'gcc', 'clang'];
  for (const compiler of compilers) {
    const { error, status, signal, stderr } = spawnSync(
      compiler,
      [...flags, ...link, '-o', target, ...sources],
      { encoding: 'utf8', timeout: 900_000 },
    );
    if (error?.code === 'ENOENT') continue;
    if (error) throw error;
    if (status === 0) return;
    const output = stderr.trim().split('\n').slice(0, 5).join('\n');
    throw new Error(`${compiler} ended with ${status ?? signal}: ${output}`);
  }
  throw new Error(`no C compiler was found (${compilers.join(', ')})`);
}
