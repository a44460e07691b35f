/**
 * Trainer benchmark: times training steps of one thread on images like CIFAR-10's, and the core's peak.
 *
 * Steps alternate with a loop of multiply-adds on registers, so that both have the same clock frequency
 * and the same load on the machine. The result is the median step; on a busy machine also the fastest tenth.
 */
import { readFileSync } from 'node:fs';
import { kernelFileName, loadKernel, type Kernel } from '../src/trainers/two-layer/kernel.ts';
import { Batches } from '../src/trainers/two-layer/batches.ts';
import type { Images, Split } from '../src/study/images.ts';
import { MEASURE_ROWS, scoreSplit } from '../src/trainers/two-layer/measuring.ts';
import { initialParameters } from '../src/trainers/two-layer/model.ts';
import { standardize } from '../src/trainers/two-layer/standardization.ts';
import {
  findNativeKernel,
  nativeKernelFolder,
} from '../src/trainers/two-layer/native-kernel-file.ts';
import type { NativeFunctions } from '../src/trainers/two-layer/native-functions.ts';
import { openNativeKernel } from '../src/trainers/two-layer/native-network.ts';
import { widthsBySpeed } from '../src/trainers/two-layer/native-width.ts';
import { compileRevectorised } from '../src/trainers/two-layer/revectorised-module.ts';

/** Kernels by the values of `--kernel`: `native` has the fastest vectors, `native-avx2` and its like name them. */
export const benchedKernels = [
  'portable-plain',
  'portable',
  'native',
  'native-avx512',
  'native-avx2',
  'native-neon',
] as const;
export type BenchedKernel = (typeof benchedKernels)[number];

export interface Case {
  readonly kernel: BenchedKernel;
  readonly hidden: number;
  readonly pack: number;
  readonly batch: number;
}

export interface Timing {
  readonly kernelName: string;
  /** Peak of the core in 10⁹ float operations per second: of the kernel's vectors, or of those of 256 bits or less. */
  readonly peakGflops: number;
  /** Milliseconds of a step, with gathering the batch. */
  readonly medianMs: number;
  readonly fastestTenthMs: number;
  readonly meanMs: number;
  /** Milliseconds to measure one image for all members. */
  readonly measuredImageMs: number;
}

/** Synchronises threads that are measured together: common start, and load until all have measured. */
export interface Company {
  begin(): void;
  /** Called once, when this thread has measured. */
  measured(): void;
  othersAreRunning(): boolean;
}

export const alone: Company = {
  begin: () => undefined,
  measured: () => undefined,
  othersAreRunning: () => false,
};

const inputs = 3072;
const classes = 10;
const recordCount = 10_000;
const warmUpSteps = 30;
const kernelFile = new URL(`../src/trainers/two-layer/kernel/${kernelFileName}`, import.meta.url);

/** Noise in the shape of CIFAR-10: the time of the arithmetic does not depend on the pixels. */
export function noiseImages(): Images {
  // Growable like the program's own pixels (`pixel-memory.ts`), so it starts at a page of memory.
  const bytes = recordCount * inputs;
  const pixels = new Uint8Array(new SharedArrayBuffer(bytes, { maxByteLength: bytes }));
  for (let i = 0, state = 1; i < pixels.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    pixels[i] = state >>> 24;
  }
  const labels = Uint8Array.from({ length: recordCount }, (_, record) => record % classes);
  return { pixels, labels, channels: 3, height: 32, width: 32, classes, pixelMax: 255 };
}

/** Float operations of one step of one trial: two products of the first layer, three of the second. */
export function stepFlop({ hidden, batch }: Case): number {
  return 2 * batch * hidden * (2 * inputs + 3 * classes);
}

/** Null if the native kernel is not built. */
export function nativeFunctions(): NativeFunctions | null {
  const found = findNativeKernel([nativeKernelFolder]);
  return found.kind === 'built' ? found.functions : null;
}

export function measure(c: Case, images: Images, steps: number, company: Company): Timing {
  const { kernel, peak } = openBenched(c.kernel);
  const training = openTraining(c, kernel, images);
  const times: number[] = [];
  const peaks: number[] = [];
  const once = (index: number): void => {
    peaks.push(peak());
    const startMs = performance.now();
    training.step(index);
    times.push(performance.now() - startMs);
  };
  for (let index = 0; index < warmUpSteps; index++) once(index);
  training.score();
  company.begin();
  times.length = 0;
  peaks.length = 0;
  for (let index = 0; index < steps; index++) once(warmUpSteps + index);
  company.measured();
  const sorted = times.toSorted((a, b) => a - b);
  for (let index = steps; company.othersAreRunning(); index++) once(warmUpSteps + index);
  return {
    kernelName: kernel.name,
    peakGflops: peaks.toSorted((a, b) => a - b)[Math.floor(peaks.length / 2)] ?? 0,
    medianMs: sorted[Math.floor(steps / 2)] ?? 0,
    fastestTenthMs: sorted[Math.floor(steps / 10)] ?? 0,
    meanMs: sorted.reduce((a, b) => a + b, 0) / steps,
    measuredImageMs: Math.min(training.score(), training.score(), training.score()),
  };
}

/** Widths of the native kernel that can be measured here, such as `avx2`. */
export function nativeWidths(): string[] {
  return nativeFunctions()?.widths() ?? [];
}

function openBenched(name: BenchedKernel): { kernel: Kernel; peak: () => number } {
  const native = nativeFunctions();
  if (name === 'portable' || name === 'portable-plain') {
    const bytes = readFileSync(kernelFile);
    const plain = new WebAssembly.Module(bytes);
    const module = name === 'portable' ? (compileRevectorised(bytes) ?? plain) : plain;
    const width = native?.widths().at(-1);
    const peak =
      native === null || width === undefined ? portablePeak(plain) : nativePeak(native, width);
    return { kernel: loadKernel(module), peak };
  }
  if (native === null) throw new Error('the native kernel is not built');
  const widths = widthsBySpeed(native, () => performance.now());
  const width = name === 'native' ? widths[0] : widths.find((one) => name === `native-${one}`);
  if (width === undefined) throw new Error(`this processor cannot run the kernel ${name}`);
  return { kernel: openNativeKernel(native, width), peak: nativePeak(native, width) };
}

function openTraining(c: Case, kernel: Kernel, images: Images) {
  const split: Split = {
    images,
    records: Uint32Array.from({ length: recordCount }, (_, record) => record),
  };
  const standardization = standardize(split);
  const shape = { inputs, hidden: c.hidden, classes };
  const settings = {
    hidden: c.hidden,
    batch: c.batch,
    learningRate: { min: 1e-5, max: 0.1, stepSize: 500, cycleMultiplier: 1 },
    cycles: 2,
    measure: 'cycle',
    dropout: 0,
    mirror: false,
    shift: 0,
  } as const;
  const batches = new Batches(split, settings, 1, 1, standardization.meanByte);
  const rows = Math.max(c.batch, MEASURE_ROWS);
  const network = kernel.openPack({ ...shape, members: c.pack, rows });
  network.setStandardization(standardization);
  network.setDecay(new Float32Array(c.pack).fill(1e-4));
  const rates = new Float32Array(c.pack).fill(0.001);
  const parameters = initialParameters(1, 1, shape);
  for (let member = 0; member < c.pack; member++) network.setParameters(member, parameters);
  const losses = new Float64Array(c.pack);
  const measured = { images, records: split.records.subarray(0, 16 * MEASURE_ROWS) };
  return {
    step(index: number): void {
      const loaded = batches.load(network, index);
      network.train(losses, loaded, rates, null);
    },
    /** Milliseconds per image. */
    score(): number {
      const startMs = performance.now();
      scoreSplit(network, c.pack, measured, () => undefined);
      return (performance.now() - startMs) / measured.records.length;
    },
  };
}

function nativePeak(native: NativeFunctions, width: string): () => number {
  return () => native.peakGflops(width, 100_000);
}

/** Peak without the native kernel: WebAssembly's vectors are half as wide as AVX2's, so twice their rate. */
function portablePeak(module: WebAssembly.Module): () => number {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const { multiplyAdds } = new WebAssembly.Instance(module, { env: { memory } }).exports;
  if (typeof multiplyAdds !== 'function') throw new Error('the kernel has no multiply-add loop');
  const count = 100_000;
  return () => {
    const startMs = performance.now();
    Reflect.apply(multiplyAdds, null, [count, 1e-3, 1e-3]);
    return (2 * count * 40 * 2) / ((performance.now() - startMs) * 1e6);
  };
}
