/**
 * Kernel build: compiles `src/trainers/two-layer/kernel/assembly` to `portable.wasm` in its parent folder.
 *
 * The result is committed, so that users need no compiler. `--check` compiles, and fails if it differs.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const config = 'src/trainers/two-layer/kernel/asconfig.json';
const target = 'src/trainers/two-layer/kernel/portable.wasm';

async function compile(): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'ridgeline-kernel-'));
  try {
    const outFile = join(folder, 'portable.wasm');
    const compiler = join(root, 'node_modules/assemblyscript/bin/asc.js');
    const { status, stderr } = spawnSync(
      process.execPath,
      [compiler, '--config', config, '--outFile', outFile],
      { cwd: root, encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`The AssemblyScript compiler failed:\n${stderr}`);
    return await readFile(outFile);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const compiled = await compile();
if (process.argv.includes('--check')) {
  const committed = await readFile(join(root, target)).catch(() => null);
  if (committed === null || !committed.equals(compiled)) {
    process.stderr.write(
      `${target} differs from what its sources compile to.\n` +
        '  fix: Run `node scripts/build-kernel.ts` and commit the result.\n',
    );
    process.exitCode = 1;
  }
} else {
  await writeFile(join(root, target), compiled);
  process.stderr.write(`${target}: ${compiled.length} bytes\n`);
}
