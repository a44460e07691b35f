/**
 * The functions of `kernel/native/first-layer.c`, as TypeScript sees them.
 *
 * They are those of the portable kernel that stream W1, working on the same memory: each is handed the
 * memory anew, since growing it may move it.
 */
import type { Gather } from './gather.ts';
import type { FirstLayer } from './wasm-functions.ts';

type OnMemory<Call> = Call extends (...numbers: infer Numbers) => void
  ? (memory: ArrayBuffer, ...numbers: Numbers) => void
  : never;

export type NativeFunctions = {
  readonly [Name in keyof FirstLayer]: OnMemory<FirstLayer[Name]>;
} & {
  readonly gather: Gather;
  /** Whether this processor has the instructions that the others are made of. */
  supported(): boolean;
  /** Nanoseconds of `count` × 96 multiply-adds on registers alone: what a core can do at most. */
  peakNanoseconds(count: number): number;
};

const names: Readonly<Record<keyof NativeFunctions, true>> = {
  packRows: true,
  forward: true,
  backward: true,
  gather: true,
  supported: true,
  peakNanoseconds: true,
};

/** Whether an addon exports what the trainer calls; their signatures are taken on trust. */
export function isNative(exports: unknown): exports is NativeFunctions {
  return (
    typeof exports === 'object' &&
    exports !== null &&
    Object.keys(names).every((name) => typeof Reflect.get(exports, name) === 'function')
  );
}

/** The native functions as functions on this memory. */
export function onMemory(native: NativeFunctions, memory: WebAssembly.Memory): FirstLayer {
  return {
    packRows: (...numbers) => native.packRows(memory.buffer, ...numbers),
    forward: (...numbers) => native.forward(memory.buffer, ...numbers),
    backward: (...numbers) => native.backward(memory.buffer, ...numbers),
  };
}
