import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { chooseKernel, openKernel } from '../../../src/trainers/two-layer/kernel-file.ts';
import { compileRevectorised } from '../../../src/trainers/two-layer/revectorised-module.ts';
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

const portable = await chooseKernel('portable', []);

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
    expect((await chooseKernel('auto', [folder])).name).toBe(portable.name);
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
    // Without optimisations, which take most of the time. `npm ci` builds the kernel that other tests use with them.
    const bin = mkdtempSync(join(tmpdir(), 'ridgeline-cc-'));
    onTestFinished(() => rmSync(bin, { recursive: true }));
    const compiler = spawnSync('sh', ['-c', 'command -v cc'], { encoding: 'utf8' }).stdout.trim();
    writeFileSync(join(bin, 'cc'), `#!/bin/sh\nexec '${compiler}' "$@" -O0\n`, { mode: 0o755 });
    expect(build(`${bin}:${process.env['PATH']}`).status).toBe(0);
    onlyFile('.node');
    const source = await chooseKernel('auto', [folder]);
    expect(source).toMatchObject({ kind: 'native', path: onlyFile('.node') });
    expect(source.name).toMatch(/^native (avx512|avx2|neon)$/);
    expect(computeSelfTestDigest(openKernel(source))).toBe(selfTestDigest);
    expect((await chooseKernel('portable', [folder])).name).toBe(portable.name);
  });

  test('has the vectors that are requested, and a processor without them is an error', async ({
    skip,
  }) => {
    const native = findNativeKernel([nativeKernelFolder]);
    if (native.kind === 'missing') return skip(native.reason);
    const widths = native.functions.widths();
    for (const choice of ['native-avx512', 'native-avx2', 'native-neon'] as const) {
      const width = choice.slice('native-'.length);
      const chosen = chooseKernel(choice, [nativeKernelFolder]);
      if (widths.includes(width)) expect((await chosen).name).toBe(`native ${width}`);
      else
        await expect(chosen).rejects.toMatchObject({
          code: 'MACHINE_UNFIT',
          what: `--kernel ${choice} is not available: this processor has ${widths.join(' and ')} only.`,
        });
    }
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
  expect((await chooseKernel('auto', [folder])).name).toBe(portable.name);
  expect(findNativeKernel([folder, nativeKernelFolder]).kind).toBe(
    findNativeKernel([nativeKernelFolder]).kind,
  );
});

describe('the portable kernel', () => {
  const canMerge = process.arch === 'x64' && process.versions.v8.startsWith('13.');
  const bytes = readFileSync('src/trainers/two-layer/kernel/portable.wasm');

  test('is the revectorised one where this Node can compile it, and the plain one on request', async () => {
    expect(portable.name).toBe(canMerge ? 'portable avx2' : 'portable');
    expect(openKernel(portable).name).toBe(portable.name);
    const plain = await chooseKernel('portable-plain', []);
    expect([plain.name, openKernel(plain).name]).toEqual(['portable', 'portable']);
  });

  test('is the plain one if the revectorised one does not pass the self-test', async () => {
    for (const choice of ['auto', 'portable'] as const) {
      const source = await chooseKernel(choice, [], ({ name }) => name === 'portable');
      expect(source.name).toBe('portable');
      expect(openKernel(source).name).toBe('portable');
    }
  });

  test.each([
    ['another processor', { arch: 'arm64', v8: '13.6.233.17', isBuiltIn: 1 }],
    ['a V8 built without revectorisation', { arch: 'x64', v8: '13.6.233.17', isBuiltIn: 0 }],
    ['a V8 that does not know it', { arch: 'x64', v8: '13.6.233.17', isBuiltIn: undefined }],
    ['a V8 of another major version', { arch: 'x64', v8: '14.1.146.11', isBuiltIn: 1 }],
  ])('is not revectorised for %s', (_, platform) => {
    expect(compileRevectorised(bytes, platform)).toBeNull();
  });

  test('is chosen without a line on stderr', () => {
    const program = `
      import { chooseKernel } from './src/trainers/two-layer/kernel-file.ts';
      import { isRevectorised } from './src/trainers/two-layer/revectorised-module.ts';
      const { module } = await chooseKernel('portable', []);
      process.stdout.write(String(isRevectorised(module)));`;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module-typescript', '--disable-warning=ExperimentalWarning', '-e', program],
      { encoding: 'utf8' },
    );
    expect({ stdout, stderr }).toEqual({ stdout: String(canMerge), stderr: '' });
  });
});

/** File name of the kernel of these sources, without its extension. */
function nameOfBuild(): string {
  build('/nonexistent');
  const name = onlyFile('.txt').slice(folder.length + 1, -'.txt'.length);
  rmSync(join(folder, `${name}.txt`));
  return name;
}
