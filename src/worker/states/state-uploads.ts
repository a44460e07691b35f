/**
 * State uploads: sends the states of long trainings to the coordinator, after their results were accepted, so
 * that other workers can continue from them.
 *
 * One part is sent after the other, each when the last one was answered, so that results and heartbeats on the
 * same connection never wait for a state. An upload that fails is not repeated: it saves time, and nothing
 * depends on it.
 */
import { sha256 } from '../../base/digest.ts';
import type { Answer, Assignment, AttemptKey } from '../../rpc/messages/messages.ts';
import { statePartBytes, type StatePart } from '../../rpc/messages/state-messages.ts';
import { trialName } from '../../study/trial.ts';
import type { LeftState } from './state-keys.ts';
import { encodeUpload } from './upload-content.ts';

/** States that took less time are trained again by a worker that does not have them. */
const longMs = 60_000;

interface Offer extends LeftState {
  readonly pack: string;
}

export class StateUploads {
  readonly #session: string;
  readonly #send: (part: StatePart) => Promise<boolean>;
  /** By attempt; results that the coordinator has not answered. */
  readonly #offers = new Map<string, Offer>();
  #last: Promise<unknown> = Promise.resolve();

  /** @param send throws without a connection. @returns whether the next part is wanted */
  constructor(session: string, send: (part: StatePart) => Promise<boolean>) {
    this.#session = session;
    this.#send = send;
  }

  /** A pack has ended. @param tookMs since its assignment */
  offer({ kind, pack }: Assignment, left: readonly LeftState[], tookMs: number): void {
    if (kind !== 'search' || tookMs < longMs) return;
    for (const state of left) this.#offers.set(nameOf(state.attempt), { ...state, pack });
  }

  /** The coordinator has answered a result. */
  answered(attempt: AttemptKey, answer: Answer): void {
    const offer = this.#offers.get(nameOf(attempt));
    if (offer === undefined) return;
    this.#offers.delete(nameOf(attempt));
    if (answer !== 'accepted') return;
    this.#last = this.#last.then(async () => await this.#upload(offer)).catch(() => undefined);
  }

  /** Resolves when the uploads that have begun are over. */
  async settled(): Promise<void> {
    await this.#last;
  }

  async #upload({ attempt: key, pack, state }: Offer): Promise<void> {
    const content = encodeUpload(state);
    const [session, digest, bytes] = [this.#session, sha256(content), content.length];
    for (let offset = 0; offset < bytes; offset += statePartBytes) {
      const chunk = content.subarray(offset, offset + statePartBytes);
      if (!(await this.#send({ session, pack, key, digest, bytes, offset, chunk }))) return;
    }
  }
}

function nameOf({ study, trial, attempt }: AttemptKey): string {
  return `${study} ${trialName(trial)}#${attempt}`;
}
