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

describe('the native kernel without a C compiler', () => {
  const emptyPath = '/nonexistent';

  test('is not built: the build reports the reason, and with --optional it succeeds silently', () => {
    expect(build(emptyPath)).toEqual({
      status: 1,
      output: 'The native kernel was not built: no C compiler was found (cc, gcc, clang)\n',
    });
    expect(build(emptyPath, '--optional')).toEqual({ status: 0, output: '' });
    expect(readFileSync(onlyFile('.txt'), 'utf8')).toMatch(/no C compiler/);
  });

  test('is replaced by the portable kernel with auto, and requesting it fails with the fix', async () => {
    build(emptyPath);
    expect((await chooseKernel('auto', [folder])).name).toBe('portable');
    await expect(chooseKernel('native', [folder])).rejects.toMatchObject({
      code: 'MACHINE_UNFIT',
      what: expect.stringContaining('no C compiler was found'),
      fix: expect.stringContaining('doctor --build-kernel'),
    });
  });

  test('is reported as not built if no build was tried', () => {
    expect(findNativeKernel([folder])).toEqual({
      kind: 'missing',
      reason: 'it was not built',
    });
  });
});

describe('the native kernel with a C compiler', () => {
  beforeEach(({ skip }) => skip(!hasCompiler, 'no C compiler here'));

  test('is chosen once built, opens in this thread and gives the self-test digest', async () => {
    expect(build(process.env['PATH']!).status).toBe(0);
    onlyFile('.node');
    const source = await chooseKernel('auto', [folder]);
    expect(source).toMatchObject({ name: 'native', nativePath: onlyFile('.node') });
    expect(computeSelfTestDigest(openKernel(source))).toBe(selfTestDigest);
    expect((await chooseKernel('portable', [folder])).name).toBe('portable');
  });

  test('is not built if the compiler fails, and the build quotes the compiler', () => {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'cc'), '#!/bin/sh\necho "cc: out of memory" >&2\nexit 4\n', {
      mode: 0o755,
    });
    expect(build(`${bin}:/bin`).output).toContain('cc ended with 4: cc: out of memory');
  });
});

test('a damaged native kernel is skipped, and one in a later folder is found', async () => {
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

/** File name of the kernel of these sources, without its extension. */
function nameOfBuild(): string {
  build('/nonexistent');
  const name = onlyFile('.txt').slice(folder.length + 1, -'.txt'.length);
  rmSync(join(folder, `${name}.txt`));
  return name;
}
