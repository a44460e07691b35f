/**
 * The native kernel as other compilers and other processors have it: built by clang, for AVX-512 on
 * processors without it, and the machine code of its hot loops. Tests whose tools are missing are skipped.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { passesSelfTest } from '../../src/trainers/two-layer/arithmetic-self-test.ts';
import { nativeKernelFolder } from '../../src/trainers/two-layer/native-kernel-file.ts';
import { isNative, type NativeFunctions } from '../../src/trainers/two-layer/native-functions.ts';
import { openNativeKernel } from '../../src/trainers/two-layer/native-network.ts';
import { describeAgreement } from '../trainers/two-layer/support/kernel-agreement.ts';
import { scratchDir } from './support/processes.ts';

const require = createRequire(import.meta.url);
const isX64 = process.arch === 'x64' && process.platform === 'linux';
const include = join(dirname(require.resolve('node-api-headers/package.json')), 'include');
const flags = ['-O3', '-std=gnu11', '-ffp-contract=off', '-fPIC', '-I', include];

function has(program: string): boolean {
  return spawnSync(program, ['--version']).status === 0;
}

function run(program: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    cwd: nativeKernelFolder,
    maxBuffer: 2 ** 28,
  });
  expect(status, stderr).toBe(0);
  return stdout;
}

function load(path: string): NativeFunctions {
  const addon: object = require(path);
  if (!isNative(addon)) throw new Error(`${path} is not the native kernel`);
  return addon;
}

/** Vector loads and stores on the stack in each innermost loop with eight or more multiply-adds. */
function spillsOfHotLoops(machineCode: string): number[] {
  const code = [...machineCode.matchAll(/^\s*([0-9a-f]+):\s+(.*)$/gm)].map((match) => ({
    address: match[1]!,
    text: match[2]!,
  }));
  const indexOf = new Map(code.map(({ address }, index) => [address, index]));
  const isJump = ({ text }: { text: string }): boolean => text.startsWith('j');
  return code.flatMap((instruction, end) => {
    const target = indexOf.get(/^j\w+\s+([0-9a-f]+)/.exec(instruction.text)?.[1] ?? '');
    if (target === undefined || target >= end) return [];
    const body = code.slice(target, end);
    if (body.some(isJump) || body.filter(({ text }) => text.startsWith('vfmadd')).length < 8)
      return [];
    return [body.filter(({ text }) => /[xyz]mm/.test(text) && text.includes('(%rsp')).length];
  });
}

describe.each(['gcc', 'clang'])('the native kernel built by %s', (compiler) => {
  const isMissing = !isX64 || !has(compiler) || !has('objdump');
  if (isMissing) process.stderr.write(`skipped: ${compiler} or objdump is not installed\n`);

  test.skipIf(isMissing)(
    'passes the self-test with every kind of vectors of this processor',
    () => {
      const path = join(scratchDir(), 'kernel.node');
      const sources = readdirSync(nativeKernelFolder).filter((name) => name.endsWith('.c'));
      run(compiler, [...flags, '-shared', '-o', path, ...sources]);
      const native = load(path);
      expect(native.widths()).not.toEqual([]);
      for (const width of native.widths())
        expect([width, passesSelfTest(openNativeKernel(native, width))]).toEqual([width, true]);
    },
  );

  test.skipIf(isMissing).each(['avx2', 'avx512'])(
    'keeps the accumulators of its %s loops in registers',
    (width) => {
      const path = join(scratchDir(), `${width}.o`);
      run(compiler, [...flags, '-c', '-o', path, `${width}.c`]);
      const spills = spillsOfHotLoops(run('objdump', ['-d', '--no-show-raw-insn', path]));
      expect(spills.length).toBeGreaterThan(20);
      expect(spills.filter((count) => count > 0)).toEqual([]);
    },
  );
});

describeAgreement(emulatedAvx512());

/** The kernel of AVX-512, whose intrinsics SIMDe computes with other instructions. */
function emulatedAvx512() {
  const name = 'native avx512, emulated,';
  const header = resolve('test/trainers/two-layer/support/emulated-avx512.h');
  const simde = spawnSync('gcc', [
    '-include',
    'simde/x86/avx512.h',
    '-fsyntax-only',
    '-x',
    'c',
    '/dev/null',
  ]);
  if (!isX64 || simde.status !== 0)
    return { name, kernel: null, whyNot: 'SIMDe (Debian: libsimde-dev) is not installed' };
  const folder = scratchDir(() => undefined);
  const object = join(folder, 'avx512.o');
  const path = join(folder, 'kernel.node');
  const emulated = ['-O1', '-mavx2', '-mfma', '-Wno-psabi', '-DEMULATED', '-include', header];
  run('gcc', [...flags, ...emulated, '-c', '-o', object, 'avx512.c']);
  run('gcc', [...flags, '-shared', '-o', path, 'addon.c', 'network.c', 'avx2.c', 'neon.c', object]);
  return { name, kernel: openNativeKernel(load(path), 'avx512'), whyNot: '' };
}
