/** Kernel files: reads and compiles the kernels. A process chooses one; each thread opens it. */
import { readFile } from 'node:fs/promises';
import { RidgelineError, errorMessage } from '../../base/errors.ts';
import { processLimits } from '../../base/machine-limits.ts';
import { kernelFileName, loadKernel, type Kernel, type KernelName } from './kernel.ts';
import { passesSelfTest } from './arithmetic-self-test.ts';
import { findNativeKernel, loadNativeKernel } from './native-kernel-file.ts';
import { openNativeKernel } from './native-network.ts';
import { widthsBySpeed } from './native-width.ts';
import type { KernelChoice } from './kernel-choices.ts';
import { compileRevectorised } from './revectorised-module.ts';

const kernelUrl = new URL(`./kernel/${kernelFileName}`, import.meta.url);

/** What a thread needs to open the kernel; structured cloning can copy it. */
export type KernelSource = {
  readonly name: KernelName;
  /** Whether the choice has run the arithmetic self-test, which passed. */
  readonly isTested: boolean;
} & (
  | { readonly kind: 'portable'; readonly module: WebAssembly.Module }
  /** `path` is that of the addon. */
  | { readonly kind: 'native'; readonly path: string; readonly width: string }
);

/** @throws RidgelineError MACHINE_UNFIT if this Node cannot compile it (no relaxed SIMD) */
export async function compileKernel(): Promise<WebAssembly.Module> {
  const bytes = await readFile(kernelUrl);
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    throw new RidgelineError(
      'MACHINE_UNFIT',
      `The portable kernel does not compile under Node ${process.versions.node} on this processor: ${errorMessage(error)}`,
      'Use Node 24.15 or later on a processor with 128-bit SIMD. `ridgeline doctor` reports what is missing.',
      { cause: error },
    );
  }
}

/**
 * Chooses a kernel. `auto` is `native` if that is available, and `portable` otherwise. `native` is the first
 * addon in these folders, with the vectors that are fastest on this processor; `native-avx2` and its like
 * name the vectors. `portable` is the revectorised kernel, or else the plain one, which `portable-plain`
 * always is. A kernel that does not pass the arithmetic self-test is not chosen; the plain one is the last
 * resort.
 *
 * @throws RidgelineError MACHINE_UNFIT if a native kernel is requested and not available
 */
export async function chooseKernel(
  choice: KernelChoice,
  nativeFolders: readonly string[],
  passes: (kernel: Kernel) => boolean = passesSelfTest,
): Promise<KernelSource> {
  if (choice !== 'portable' && choice !== 'portable-plain') {
    const native = chooseNative(choice, nativeFolders, passes);
    if (native.kind === 'native') return native;
    if (choice !== 'auto') {
      const fix =
        native.fix ??
        'Install a C compiler and run `ridgeline doctor --build-kernel`, or use --kernel auto.';
      throw new RidgelineError(
        'MACHINE_UNFIT',
        `--kernel ${choice} is not available: ${native.reason}.`,
        fix,
      );
    }
  }
  const revectorised = choice === 'portable-plain' ? null : await revectorisedKernel(passes);
  if (revectorised !== null) return revectorised;
  return { kind: 'portable', name: 'portable', isTested: false, module: await compileKernel() };
}

interface Unavailable {
  readonly kind: 'unavailable';
  readonly reason: string;
  /** Null if it must be built. */
  readonly fix: string | null;
}

/** The native kernel, or why there is none. */
function chooseNative(
  choice: KernelChoice,
  folders: readonly string[],
  passes: (kernel: Kernel) => boolean,
): (KernelSource & { kind: 'native' }) | Unavailable {
  const native = findNativeKernel(folders);
  if (native.kind === 'missing') return { kind: 'unavailable', reason: native.reason, fix: null };
  const { path, functions } = native;
  const widths = widthsBySpeed(functions, () => performance.now());
  const named = widths.filter((width) => choice === `native-${width}`);
  const isNamed = choice !== 'native' && choice !== 'auto';
  if (isNamed && named.length === 0)
    return {
      kind: 'unavailable',
      reason: `this processor has ${widths.join(' and ')} only`,
      fix: `Use --kernel native-${widths[0]}, or --kernel auto.`,
    };
  const width = (isNamed ? named : widths).find((one) => passes(openNativeKernel(functions, one)));
  if (width === undefined)
    return {
      kind: 'unavailable',
      reason: 'the native kernel failed the arithmetic self-test',
      fix: 'Build it with another compiler: `CC=gcc ridgeline doctor --build-kernel`, or use --kernel auto.',
    };
  return { kind: 'native', name: `native ${width}`, isTested: true, path, width };
}

async function revectorisedKernel(
  passes: (kernel: Kernel) => boolean,
): Promise<KernelSource | null> {
  const module = compileRevectorised(await readFile(kernelUrl));
  if (module === null || !passes(loadKernel(module, kernelPages()))) return null;
  return { kind: 'portable', name: 'portable avx2', isTested: true, module };
}

/** Pages of 64 KiB that a kernel's memory may have where addresses are limited: 512 MiB. */
const limitedPages = 8_192;

/** Undefined for the default. Each thread reserves addresses for its kernel. */
function kernelPages(): number | undefined {
  return processLimits().addressBytes === null ? undefined : limitedPages;
}

/** A kernel for the calling thread, with its own memory. */
export function openKernel(source: KernelSource): Kernel {
  return source.kind === 'portable'
    ? loadKernel(source.module, kernelPages())
    : openNativeKernel(loadNativeKernel(source.path), source.width);
}
