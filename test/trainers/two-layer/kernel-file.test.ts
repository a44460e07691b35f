import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chooseKernel, openKernel } from '../../../src/trainers/two-layer/kernel-file.ts';
import {
  findNativeKernel,
  nativeKernelFolder,
} from '../../../src/trainers/two-layer/native-kernel-file.ts';
import {
  computeSelfTestDigest,
  selfTestDigest,
} from '../../../src/trainers/two-layer/arithmetic-self-test.ts';

const script = 'scripts/build-native.mjs';
const hasCompiler = spawnSync('cc', ['--version']).status === 0;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ridgeline-native-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Builds into `folder`. */
function build(path: string, ...more: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [script, '--into', folder, ...more],
    { encoding: 'utf8', env: { PATH: path } },
  );
  return { status, output: stdout + stderr };
}

function onlyFile(extension: string): string {
  const files = readdirSync(folder).filter((name) => name.endsWith(extension));
  expect(files).toHaveLength(1);
  return join(folder, files[0]!);
}

describe('without a compiler', () => {
  const emptyPath = '/nonexistent';

  test('building says why it failed; after an installation it says nothing and does no harm', () => {
    expect(build(emptyPath)).toEqual({
      status: 1,
      output: 'The native kernel was not built: no C compiler was found (cc, gcc, clang)\n',
    });
    expect(build(emptyPath, '--optional')).toEqual({ status: 0, output: '' });
    expect(readFileSync(onlyFile('.txt'), 'utf8')).toMatch(/no C compiler/);
  });

  test('auto is the portable kernel, and asking for the native one says what to do', async () => {
    build(emptyPath);
    expect((await chooseKernel('auto', [folder])).name).toBe('portable');
    await expect(chooseKernel('native', [folder])).rejects.toMatchObject({
      code: 'MACHINE_UNFIT',
      what: expect.stringContaining('no C compiler was found'),
      fix: expect.stringContaining('doctor --build-kernel'),
    });
  });

  test('nothing built and nothing tried is told apart', () => {
    expect(findNativeKernel([folder])).toEqual({
      kind: 'missing',
      reason: 'its build has not run',
    });
  });
});

describe('with a compiler', () => {
  beforeEach(({ skip }) => skip(!hasCompiler, 'no C compiler here'));

  test('what was built is chosen, opens in this thread and gives the known answer', async () => {
    expect(build(process.env['PATH']!).status).toBe(0);
    onlyFile('.node');
    const source = await chooseKernel('auto', [folder]);
    expect(source).toMatchObject({ name: 'native', nativePath: onlyFile('.node') });
    expect(computeSelfTestDigest(openKernel(source))).toBe(selfTestDigest);
    expect((await chooseKernel('portable', [folder])).name).toBe('portable');
  });

  test('a compiler that fails is quoted', () => {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'cc'), '#!/bin/sh\necho "cc: out of memory" >&2\nexit 4\n', {
      mode: 0o755,
    });
    expect(build(`${bin}:/bin`).output).toContain('cc ended with 4: cc: out of memory');
  });
});

test('a damaged file is no kernel, no crash, and does not hide a sound one', async () => {
  const name = `${nameOfBuild()}.node`;
  writeFileSync(join(folder, name), 'not an addon');
  expect(findNativeKernel([folder])).toMatchObject({
    kind: 'missing',
    reason: expect.stringContaining('cannot be loaded'),
  });
  expect((await chooseKernel('auto', [folder])).name).toBe('portable');
  expect(findNativeKernel([folder, nativeKernelFolder]).kind).toBe(
    findNativeKernel([nativeKernelFolder]).kind,
  );
});

/** The name under which the kernel of these sources is looked for. */
function nameOfBuild(): string {
  build('/nonexistent');
  const name = onlyFile('.txt').slice(folder.length + 1, -'.txt'.length);
  rmSync(join(folder, `${name}.txt`));
  return name;
}
