/**
 * Store outage: what happens after a failed commit.
 *
 *     disk full, no permission, … --> outage: nothing is assigned or acknowledged; a write is tried each
 *                                     second; when it succeeds, the dispatcher is built again from the store
 *     failed fsync, damage, a rejected row (a bug) --> the process ends, and its next start reads the disk
 *
 * The second kind is never tried again. After a failed fsync the content of the disk is unknown, though the
 * next fsync may succeed. A rejected row means that the state in memory is wrong.
 */
import type { Logger } from 'pino';
import { RidgelineError, errorMessage } from '../../base/errors.ts';

interface OutagePorts {
  readonly log: Logger;
  /** Writes a row, to find out whether the store can be written. */
  tryWriting(problem: string): Promise<void>;
  /** Resumes work from what is stored. */
  recover(): Promise<void>;
  endProcess(error: unknown): void;
}

const retryMs = 1_000;

export class StoreOutage {
  readonly #ports: OutagePorts;
  #problem: string | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isEnded = false;

  constructor(ports: OutagePorts) {
    this.#ports = ports;
  }

  /** Why nothing can be stored at the moment; null if the store can be written. */
  get problem(): string | null {
    return this.#problem;
  }

  /** A commit has failed, and none of its effects was performed. */
  failed(error: unknown): void {
    if (!isTemporary(error)) {
      this.#problem = errorMessage(error);
      this.#ports.endProcess(error);
      return;
    }
    this.#problem = error.what;
    this.#ports.log.error(
      `nothing can be stored, so nothing is assigned or acknowledged: ${error.what} ${error.fix}`,
    );
    this.#retryLater();
  }

  /** Stops trying. */
  end(): void {
    this.#isEnded = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #retryLater(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (!this.#isEnded) this.#timer = setTimeout(() => void this.#retry(), retryMs).unref();
  }

  async #retry(): Promise<void> {
    try {
      await this.#ports.tryWriting(this.#problem ?? '');
      if (this.#isEnded) return;
      await this.#ports.recover();
    } catch (error) {
      if (isTemporary(error)) this.#retryLater();
      else this.#ports.endProcess(error);
      return;
    }
    this.#problem = null;
    this.#ports.log.info('the store can be written again: work resumes');
  }
}

/** Whether the disk may recover, and nothing was lost. */
function isTemporary(error: unknown): error is RidgelineError {
  return error instanceof RidgelineError && error.code === 'STATE_UNWRITABLE';
}
