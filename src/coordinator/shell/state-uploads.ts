/** State uploads: takes the states that workers upload, if the dispatcher wants them, and gives them to others. */
import type { StatePart } from '../../rpc/messages/state-messages.ts';
import type { Dispatcher } from '../core/dispatcher.ts';
import type { LiveEvent } from '../core/state/live-events.ts';
import type { UploadedFiles } from './uploaded-files.ts';

export class StateUploads {
  readonly #files: UploadedFiles | null;
  readonly #dispatcher: () => Dispatcher | null;

  /** @param files null: no state is stored */
  constructor(files: UploadedFiles | null, dispatcher: () => Dispatcher | null) {
    this.#files = files;
    this.#dispatcher = dispatcher;
  }

  /** @returns whether the next part is wanted; after the last one, whether the state was stored */
  async take(part: StatePart, tokenId: string): Promise<boolean> {
    const { session, pack, key, digest } = part;
    const dispatcher = this.#dispatcher();
    if (this.#files === null || dispatcher?.state.workers.get(session)?.tokenId !== tokenId)
      return false;
    const stage = dispatcher.uploadStage(session, pack, key);
    if (stage === null) return false;
    const end = await this.#files.write(part, stage);
    if (end !== 'stored') return end === 'more';
    if (this.#dispatcher()?.stateUploaded(session, pack, key, digest) === true) return true;
    // The stage has closed meanwhile.
    await this.#files.release(key.study, stage);
    return false;
  }

  /** The content of a state from `offset` on; null if there is none with this digest. */
  content(digest: string, offset: number): AsyncIterable<Uint8Array> | null {
    return this.#files?.content(digest, offset) ?? null;
  }

  /** Removes the states that are not needed after an event. */
  published(event: LiveEvent): void {
    if (event.kind === 'stage-closed') void this.#files?.release(event.study, event.stage);
    if (event.kind === 'study-ended') void this.#files?.release(event.study, null);
  }

  async end(): Promise<void> {
    await this.#files?.[Symbol.asyncDispose]();
  }
}
