/**
 * Native kernel file: finds and loads the addon that `scripts/build-native.mjs` builds.
 *
 * The addon is in the folder of its sources, or in the cache directory if that folder is not writable or
 * install scripts were disabled. The digest of the sources is part of its name, so no stale addon is found.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorMessage } from '../../base/errors.ts';
import { sha256 } from '../../base/digest.ts';
import { isNative, type NativeFunctions } from './native-functions.ts';

/** Folder of the C sources, and of an addon built at installation. */
export const nativeKernelFolder = fileURLToPath(new URL('./kernel/native', import.meta.url));

export type NativeKernel =
  | { readonly kind: 'built'; readonly path: string; readonly functions: NativeFunctions }
  /** Not found, or this processor cannot run it. */
  | { readonly kind: 'missing'; readonly reason: string };

/** The first kernel that this machine can run, from the folders in order. */
export function findNativeKernel(folders: readonly string[]): NativeKernel {
  const name = `kernel-${digestOfSources()}-${process.platform}-${process.arch}`;
  let reason: string | null = null;
  for (const place of folders.map((folder) => join(folder, name))) {
    // The build writes why it failed.
    if (existsSync(`${place}.txt`)) reason ??= readFileSync(`${place}.txt`, 'utf8').trim();
    const path = `${place}.node`;
    if (!existsSync(path)) continue;
    try {
      const functions = loadNativeKernel(path);
      if (functions.widths().length > 0) return { kind: 'built', path, functions };
      reason = 'this processor lacks AVX2 or fused multiply-add';
    } catch (error) {
      reason = `it cannot be loaded: ${errorMessage(error)}`;
    }
  }
  return { kind: 'missing', reason: reason ?? 'it was not built' };
}

/** `scripts/build-native.mjs` has the same rule. */
function digestOfSources(): string {
  const sources = readdirSync(nativeKernelFolder).filter((name) => /\.[ch]$/.test(name));
  const contents = sources.toSorted().map((name) => readFileSync(join(nativeKernelFolder, name)));
  return sha256(Buffer.concat(contents)).slice(0, 12);
}

/** Call it once per thread; the code is mapped once per process. */
export function loadNativeKernel(path: string): NativeFunctions {
  const exports: object = createRequire(import.meta.url)(path);
  if (!isNative(exports)) throw new Error(`${path} is not the native kernel`);
  return exports;
}
