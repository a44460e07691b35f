/**
 * Packed results: the results of trials in the dispatcher's memory, with their last measurement only.
 *
 * A result as an object with a record of metrics and a digest as text takes about 500 bytes, a packed one
 * 150: numbers and digests are columns of typed arrays, and an object with the row reads them. A million
 * trials thus fit into 1 GB. The store has the whole results.
 */
import { assert } from '../../../base/assert.ts';
import type { Measurement, TrialResult } from '../../../study/trial.ts';

type CompleteResult = Extract<TrialResult, { readonly kind: 'complete' }>;

const rowsPerBlock = 1_024;
const digestBytes = 32;

/** The columns of some results. */
class Block {
  rows = 0;
  readonly steps = new Uint32Array(rowsPerBlock);
  readonly seconds = new Float64Array(rowsPerBlock);
  /** Step of the last measurement. */
  readonly measured = new Uint32Array(rowsPerBlock);
  readonly digests = Buffer.alloc(rowsPerBlock * digestBytes);
  /** Values by name of the metric; NaN if not measured. */
  readonly metrics = new Map<string, Float64Array>();

  column(metric: string): Float64Array {
    let column = this.metrics.get(metric);
    if (column === undefined) {
      column = new Float64Array(rowsPerBlock).fill(NaN);
      this.metrics.set(metric, column);
    }
    return column;
  }
}

class PackedResult implements CompleteResult {
  readonly validationCorrect: Uint8Array;
  readonly #block: Block;
  readonly #row: number;

  constructor(block: Block, row: number, validationCorrect: Uint8Array) {
    this.#block = block;
    this.#row = row;
    this.validationCorrect = validationCorrect;
  }

  get kind(): 'complete' {
    return 'complete';
  }

  get steps(): number {
    return this.#block.steps[this.#row] ?? 0;
  }

  get seconds(): number {
    return this.#block.seconds[this.#row] ?? 0;
  }

  get digest(): string {
    const start = this.#row * digestBytes;
    return this.#block.digests.toString('hex', start, start + digestBytes);
  }

  get curve(): readonly Measurement[] {
    const metrics: Record<string, number> = {};
    for (const [name, column] of this.#block.metrics) {
      const value = column[this.#row] ?? NaN;
      if (!Number.isNaN(value)) metrics[name] = value;
    }
    return [{ step: this.#block.measured[this.#row] ?? 0, metrics }];
  }

  with(validationCorrect: Uint8Array): PackedResult {
    return new PackedResult(this.#block, this.#row, validationCorrect);
  }
}

export class PackedResults {
  #block = new Block();

  /** @returns the result with its last measurement; with all its bits, if it is complete */
  packAny(result: TrialResult): TrialResult {
    if (result.kind === 'complete') return this.pack(result, result.validationCorrect);
    return { ...result, curve: [] };
  }

  /** @returns the result with its last measurement and these bits */
  pack(result: CompleteResult, validationCorrect: Uint8Array): CompleteResult {
    if (result instanceof PackedResult) return result.with(validationCorrect);
    if (this.#block.rows === rowsPerBlock) this.#block = new Block();
    const block = this.#block;
    const row = block.rows++;
    block.steps[row] = result.steps;
    block.seconds[row] = result.seconds;
    const written = block.digests.write(result.digest, row * digestBytes, digestBytes, 'hex');
    assert(written === digestBytes, () => `${result.digest} has 64 hexadecimal digits`);
    const last = result.curve.at(-1);
    assert(last, 'a complete result has a measurement');
    block.measured[row] = last.step;
    for (const name in last.metrics) block.column(name)[row] = last.metrics[name] ?? NaN;
    return new PackedResult(block, row, validationCorrect);
  }
}
