/**
 * How fast one thread trains: whole steps on images like CIFAR-10's, and the peak of the same core.
 *
 * Steps alternate with a loop of multiply-adds that touches no memory, so that both see the same clock
 * frequency and the same neighbours. The median step counts; on a busy machine also the fastest tenth.
 */
import { readFileSync } from 'node:fs';
import {
  kernelFileName,
  loadKernel,
  type NativeFunctions,
} from '../src/trainers/two-layer/kernel.ts';
import { Batches } from '../src/trainers/two-layer/batches.ts';
import type { Images, Split } from '../src/study/images.ts';
import { MEASURE_ROWS, scoreSplit } from '../src/trainers/two-layer/measuring.ts';
import { initialParameters } from '../src/trainers/two-layer/model.ts';
import { standardizationOf } from '../src/trainers/two-layer/standardization.ts';
import {
  findNativeKernel,
  nativeKernelFolder,
} from '../src/trainers/two-layer/native-kernel-file.ts';

export interface Case {
  readonly kernel: 'portable' | 'native';
  readonly hidden: number;
  readonly pack: number;
  readonly batch: number;
}

export interface Timing {
  /** 10⁹ float operations a second. */
  readonly peakGflops: number;
  /** Of a whole step, gathering the batch included. */
  readonly medianMs: number;
  readonly fastestTenthMs: number;
  readonly meanMs: number;
  /** Of one image of the batch, forward product only: in measuring, for all members. */
  readonly measuredImageMs: number;
}

/** What steers a thread among others: when to begin, and how long to keep the others company. */
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

/** Noise in the shape of CIFAR-10: arithmetic takes the same time whatever the pixels are. */
export function noiseImages(): Images {
  const pixels = new Uint8Array(new SharedArrayBuffer(recordCount * inputs));
  for (let i = 0, state = 1; i < pixels.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    pixels[i] = state >>> 24;
  }
  const labels = Uint8Array.from({ length: recordCount }, (_, record) => record % classes);
  return { pixels, labels, channels: 3, height: 32, width: 32, classes, pixelMax: 255 };
}

/** Float operations of a step of one trial: two products of the first layer, three of the second. */
export function flopOf({ hidden, batch }: Case): number {
  return 2 * batch * hidden * (2 * inputs + 3 * classes);
}

export function nativeFunctions(): NativeFunctions | null {
  const found = findNativeKernel([nativeKernelFolder]);
  return found.kind === 'built' ? found.functions : null;
}

export function measure(c: Case, images: Images, steps: number, company: Company): Timing {
  const module = new WebAssembly.Module(readFileSync(kernelFile));
  const native = nativeFunctions();
  if (c.kernel === 'native' && native === null) throw new Error('the native kernel is not built');
  const peak = native === null ? portablePeak(module) : nativePeak(native);
  const kernel = loadKernel(module, c.kernel === 'native' ? native : null);
  const training = trainingOf(c, kernel, images);
  const times: number[] = [];
  let peakGflops = 0;
  const once = (index: number): void => {
    peakGflops = Math.max(peakGflops, peak());
    const startMs = performance.now();
    training.step(index);
    times.push(performance.now() - startMs);
  };
  for (let index = 0; index < warmUpSteps; index++) once(index);
  training.score();
  company.begin();
  times.length = 0;
  for (let index = 0; index < steps; index++) once(warmUpSteps + index);
  company.measured();
  const sorted = times.toSorted((a, b) => a - b);
  for (let index = steps; company.othersAreRunning(); index++) once(warmUpSteps + index);
  return {
    peakGflops,
    medianMs: sorted[Math.floor(steps / 2)] ?? 0,
    fastestTenthMs: sorted[Math.floor(steps / 10)] ?? 0,
    meanMs: sorted.reduce((a, b) => a + b, 0) / steps,
    measuredImageMs: Math.min(training.score(), training.score(), training.score()),
  };
}

function trainingOf(c: Case, kernel: ReturnType<typeof loadKernel>, images: Images) {
  const split: Split = {
    images,
    records: Uint32Array.from({ length: recordCount }, (_, record) => record),
  };
  const standardization = standardizationOf(split);
  const shape = { inputs, hidden: c.hidden, classes };
  const settings = {
    hidden: c.hidden,
    batch: c.batch,
    learningRate: { min: 1e-5, max: 0.1, stepSize: 500 },
    length: { kind: 'cycles', cycles: 2 },
    measure: { kind: 'cycle' },
    dropout: 0,
    mirror: false,
    shift: 0,
  } as const;
  const batches = new Batches(split, settings, 1, 1, standardization.meanByte);
  const rows = Math.max(c.batch, MEASURE_ROWS);
  const network = kernel.openPack({ ...shape, members: c.pack, rows });
  network.setStandardization(standardization);
  network.setDecay(new Float32Array(c.pack).fill(1e-4));
  const parameters = initialParameters(1, 1, shape);
  for (let member = 0; member < c.pack; member++) network.setParameters(member, parameters);
  const losses = new Float64Array(c.pack);
  const measured = { images, records: split.records.subarray(0, 16 * MEASURE_ROWS) };
  return {
    step(index: number): void {
      const loaded = batches.load(network, index);
      network.train(losses, loaded, Math.fround(0.001), null);
    },
    /** Milliseconds for each image. */
    score(): number {
      const startMs = performance.now();
      scoreSplit(network, c.pack, measured, () => undefined);
      return (performance.now() - startMs) / measured.records.length;
    },
  };
}

function nativePeak(native: NativeFunctions): () => number {
  const count = 100_000;
  return () => (count * 96 * 2) / native.peakNanoseconds(count);
}

/** Without the native kernel: WebAssembly's vectors are half as wide as AVX2's, so twice what they do. */
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
