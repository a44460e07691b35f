/** State directory of a test, and the errors that tests expect. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RidgelineError } from '../../../src/base/errors.ts';

export class StateDirectory implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'ridgeline-rpc-'));
  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export const fileMode = (path: string): number => statSync(path).mode & 0o777;

/** The error that was thrown, which must be a `RidgelineError`. */
export async function rejection(promise: Promise<unknown>): Promise<RidgelineError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof RidgelineError) return error;
    throw error;
  }
  throw new Error('expected an error, there was none');
}

export const thrown = (action: () => unknown): Promise<RidgelineError> =>
  rejection(Promise.resolve().then(action));
