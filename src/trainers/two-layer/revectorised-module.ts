/**
 * Revectorised module: the portable kernel, compiled so that V8 merges pairs of 128-bit operations into
 * operations of 256 bits.
 *
 * That is an experimental flag of V8, for x64 with AVX2. Flags are those of the process, so they are set
 * only while this module is compiled. V8 compiles all of its functions at once with the optimising compiler:
 * the arithmetic self-test runs the code that trains, and V8 compiles nothing of it later, without the flag.
 * Threads that receive the module share the code.
 */
import { setFlagsFromString } from 'node:v8';
import { concatenate } from './bytes.ts';

const flag = 'experimental-wasm-revectorize';
/** Flags during compilation, and their defaults. */
const flags = [
  [`--${flag}`, `--no-${flag}`],
  ['--no-liftoff', '--liftoff'],
  ['--no-wasm-lazy-compilation', '--wasm-lazy-compilation'],
] as const;

/** An empty custom section: V8 shares the code of modules with equal bytes, so the bytes must differ. */
const sectionName = 'avx2';
const encodedName = new TextEncoder().encode(sectionName);
const section = Uint8Array.of(0, 1 + encodedName.length, encodedName.length, ...encodedName);

interface Platform {
  readonly arch: string;
  readonly v8: string;
  /** The value of the variable `v8_enable_wasm_simd256_revec` with which Node was built. */
  readonly isBuiltIn: unknown;
}

const thisPlatform: Platform = {
  arch: process.arch,
  v8: process.versions.v8,
  isBuiltIn: Reflect.get(process.config.variables, 'v8_enable_wasm_simd256_revec'),
};

/** Null if this V8 does not have the flag, or is not of a major version in which it was tested. */
export function compileRevectorised(
  bytes: Uint8Array,
  { arch, v8, isBuiltIn }: Platform = thisPlatform,
): WebAssembly.Module | null {
  // V8 prints a line on stderr for an unknown flag.
  if (arch !== 'x64' || isBuiltIn !== 1 || !v8.startsWith('13.')) return null;
  for (const [during] of flags) setFlagsFromString(during);
  try {
    return new WebAssembly.Module(concatenate([bytes, section]));
  } finally {
    for (const [, normal] of flags) setFlagsFromString(normal);
  }
}

export function isRevectorised(module: WebAssembly.Module): boolean {
  return WebAssembly.Module.customSections(module, sectionName).length > 0;
}
