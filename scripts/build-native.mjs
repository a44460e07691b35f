/**
 * Builds the native kernel: `first-layer.c`, by the system's C compiler, to a Node-API addon beside it.
 *
 *     node scripts/build-native.mjs               says what it did; exit 1 where it failed
 *     node scripts/build-native.mjs --optional    after an installation: silent, exit 0, whatever happens
 *     node scripts/build-native.mjs --into DIR    builds into another folder
 *
 * The file's name holds the source's digest, so one that was built from other sources is never taken. Where
 * building fails, the reason stands in a text file of the same name, for `ridgeline doctor`.
 *
 * Plain JavaScript for an old Node: it runs before anything of the project has been installed for good.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
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
    throw new Error('there is nothing to build, or no folder to build it into');
  const source = join(sourceFolder, 'first-layer.c');
  const digest = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 12);
  const name = `first-layer-${digest}-${process.platform}-${process.arch}`;
  mkdirSync(targetFolder, { recursive: true });
  const target = join(targetFolder, `${name}.node`);
  const reasonFile = join(targetFolder, `${name}.txt`);
  try {
    // Built aside and renamed: whoever looks meanwhile sees the old file, the new one, or none.
    const aside = join(targetFolder, `${name}.${process.pid}.new`);
    try {
      await compile(source, aside);
      renameSync(aside, target);
    } finally {
      rmSync(aside, { force: true });
    }
    rmSync(reasonFile, { force: true });
    return target;
  } catch (error) {
    writeFileSync(reasonFile, `${error.message}\n`);
    throw error;
  }
}

async function compile(source, target) {
  if (!['linux', 'darwin'].includes(process.platform) || !['x64', 'arm64'].includes(process.arch))
    throw new Error(`there is none for ${process.platform} on ${process.arch}`);
  const include = (await import('node-api-headers')).default.include_dir;
  const flags = ['-O3', '-std=gnu11', '-ffp-contract=off', '-fPIC', '-I', include];
  const link =
    process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared'];
  const compilers = process.env.CC ? [process.env.CC] : ['cc', 'gcc', 'clang'];
  for (const compiler of compilers) {
    const { error, status, signal, stderr } = spawnSync(
      compiler,
      [...flags, ...link, '-o', target, source],
      { encoding: 'utf8', timeout: 120_000 },
    );
    if (error?.code === 'ENOENT') continue;
    if (error) throw error;
    if (status === 0) return;
    const said = stderr.trim().split('\n').slice(0, 5).join('\n');
    throw new Error(`${compiler} ended with ${status ?? signal}: ${said}`);
  }
  throw new Error(`no C compiler was found (${compilers.join(', ')})`);
}
