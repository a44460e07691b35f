/**
 * Native functions: types of the functions in `kernel/native/first-layer.c`.
 *
 * They replace the portable kernel's functions that stream W1, and work on its memory. Each call passes
 * the memory, since growing may move it.
 */
import type { Gather } from './gather.ts';
import type { FirstLayer } from './wasm-functions.ts';

type OnMemory = (memory: ArrayBuffer, ...numbers: number[]) => void;

export type NativeFunctions = Readonly<Record<keyof FirstLayer, OnMemory>> & {
  readonly gather: Gather;
  /** Whether this processor has the instructions that the other functions use. */
  supported(): boolean;
  /** Nanoseconds of `count` × 96 multiply-adds on registers: the peak of a core. */
  peakNanoseconds(count: number): number;
};

const names: readonly (keyof NativeFunctions)[] = [
  'packRows',
  'forward',
  'backward',
  'gather',
  'supported',
  'peakNanoseconds',
];

/** Whether an addon exports all functions; signatures are not checked. */
export function isNative(exports: unknown): exports is NativeFunctions {
  return (
    typeof exports === 'object' &&
    exports !== null &&
    names.every((name) => typeof Reflect.get(exports, name) === 'function')
  );
}

/** The native functions on a memory. */
export function onMemory(native: NativeFunctions, memory: WebAssembly.Memory): FirstLayer {
  return {
    packRows: (...numbers) => native.packRows(memory.buffer, ...numbers),
    forward: (...numbers) => native.forward(memory.buffer, ...numbers),
    backward: (...numbers) => native.backward(memory.buffer, ...numbers),
  };
}
