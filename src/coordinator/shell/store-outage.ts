/**
 * What happens when a commit fails.
 *
 *     disk full, no permission … --> an outage: nothing is granted or acknowledged; tried again each
 *                                    second; when it can be written, all is built again from the store
 *     an fsync that failed, damage, a refused row (a bug) --> the process ends
 *
 * The second kind is never tried again. After a failed fsync nobody knows what is on the disk, and the
 * next one may say that all is well; a row that the store refuses means that memory is wrong, and the
 * same rows would be refused again or, worse, others accepted. The next start reads what is there.
 */
import type { Logger } from 'pino';
import { RidgelineError, messageOf } from '../../base/errors.ts';

interface OutagePorts {
  readonly log: Logger;
  /** Writes something, to see whether that works; throws where it does not. */
  tryWriting(problem: string): void;
  /** The store can be written again. */
  recovered(): void;
  /** There is no going on. It does not return to its caller's work. */
  endProcess(error: unknown): void;
}

/** How often a store that could not be written is tried again. */
const retryMs = 1_000;

export class StoreOutage {
  readonly #ports: OutagePorts;
  #problem: string | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(ports: OutagePorts) {
    this.#ports = ports;
  }

  /** Why nothing can be stored at the moment; null when all is well. */
  get problem(): string | null {
    return this.#problem;
  }

  /** A commit has failed, and nothing of it was sent. */
  failed(error: unknown): void {
    if (!isPassing(error)) {
      this.#problem = messageOf(error);
      this.#ports.endProcess(error);
      return;
    }
    this.#problem = error.what;
    this.#ports.log.error(
      `nothing can be stored, so nothing is granted or acknowledged: ${error.what} ${error.fix}`,
    );
    this.#retryLater();
  }

  /** Nothing is tried any more: whoever would go on has stopped. */
  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #retryLater(): void {
    this.end();
    this.#timer = setTimeout(() => this.#retry(), retryMs).unref();
  }

  #retry(): void {
    try {
      this.#ports.tryWriting(this.#problem ?? '');
    } catch (error) {
      if (isPassing(error)) this.#retryLater();
      else this.#ports.endProcess(error);
      return;
    }
    this.#problem = null;
    this.#ports.log.info('the store can be written again: work goes on');
    this.#ports.recovered();
  }
}

/** Whether the disk may be well again later, and nothing was lost by what it did. */
function isPassing(error: unknown): error is RidgelineError {
  return error instanceof RidgelineError && error.code === 'STATE_UNWRITABLE';
}
