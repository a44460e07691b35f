/**
 * Finds and loads the native kernel, which `scripts/build-native.mjs` builds where a C compiler is found.
 *
 * It lies beside its source, or, where that cannot be written or was not allowed to be built at
 * installation, in the cache directory. The name holds the digest of the source: one that was built from
 * other sources is not found.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../base/errors.ts';
import { sha256 } from '../../base/digest.ts';
import { isNative, type NativeFunctions } from './kernel.ts';

/** Where the source lies, and what was built at installation: beside the trainer, here and in a release. */
export const nativeKernelFolder = fileURLToPath(new URL('./kernel/native', import.meta.url));

export type NativeKernel =
  | { readonly kind: 'built'; readonly path: string; readonly functions: NativeFunctions }
  /** Why there is none, or why this processor cannot run it. */
  | { readonly kind: 'missing'; readonly reason: string };

/** Looks through the folders in order; the first kernel that runs here is taken. */
export function findNativeKernel(folders: readonly string[]): NativeKernel {
  const name = nativeName();
  const places = folders.map((folder) => join(folder, name));
  const built = places.map((place) => `${place}.node`).filter((path) => existsSync(path));
  let reason = whyNotBuilt(places);
  for (const path of built) {
    try {
      const functions = loadNativeKernel(path);
      if (functions.supported()) return { kind: 'built', path, functions };
      reason = 'this processor lacks AVX2 or fused multiply-add';
    } catch (error) {
      reason = `it cannot be loaded: ${messageOf(error)}`;
    }
  }
  return { kind: 'missing', reason };
}

/** Once for each thread that uses it; the code itself is mapped once in a process. */
export function loadNativeKernel(path: string): NativeFunctions {
  const exports: unknown = createRequire(import.meta.url)(path);
  if (!isNative(exports)) throw new Error(`${path} is not the native kernel`);
  return exports;
}

function nativeName(): string {
  const digest = sha256(readFileSync(join(nativeKernelFolder, 'first-layer.c'))).slice(0, 12);
  return `first-layer-${digest}-${process.platform}-${process.arch}`;
}

function whyNotBuilt(places: readonly string[]): string {
  for (const place of places) {
    if (existsSync(`${place}.txt`)) return readFileSync(`${place}.txt`, 'utf8').trim();
  }
  return 'its build has not run';
}
