/** Simulated streams of a coordinator, one per session: the rules of `session-streams.ts`. */
import type { CoordinatorMessage } from '../../src/rpc/messages/messages.ts';
import type { Link, Network, Reader } from './network.ts';
import type { SimulatedWorker } from './simulated-worker.ts';

interface Stream {
  readonly link: Link;
  readonly worker: SimulatedWorker;
  /** Whether its `hello` was stored; messages that were decided before are not for this stream. */
  isJoined: boolean;
}

export class SimulatedStreams {
  readonly #network: Network;
  readonly #coordinator: Reader;
  readonly #open = new Map<string, Stream>();
  readonly #links = new Map<Link, SimulatedWorker>();

  constructor(network: Network, coordinator: Reader) {
    this.#network = network;
    this.#coordinator = coordinator;
  }

  /** The kernel accepts a connection: it breaks with the process, even before it is read. */
  connected(link: Link, worker: SimulatedWorker): void {
    for (const known of this.#links.keys()) if (known.isDead) this.#links.delete(known);
    this.#links.set(link, worker);
  }

  /**
   * A `hello` was read; it replaces an earlier stream of the session.
   *
   * @param closed called when the stream closes, unless it was replaced
   * @returns to be called when the `hello` is stored
   */
  hello(session: string, link: Link, worker: SimulatedWorker, closed: () => void): () => void {
    const before = this.#open.get(session);
    const stream = { link, worker, isJoined: false };
    this.#open.set(session, stream);
    if (before !== undefined) this.#close(before.link, before.worker, 500);
    link.onClosedAtCoordinator = () => {
      if (this.#open.get(session) !== stream) return;
      this.#open.delete(session);
      closed();
    };
    return () => {
      stream.isJoined = true;
    };
  }

  send(session: string, message: CoordinatorMessage): void {
    const stream = this.#open.get(session);
    if (stream?.isJoined !== true) return;
    const { link, worker } = stream;
    this.#network.send(link, 'down', worker, () => worker.received(message));
  }

  has(session: string): boolean {
    return this.#open.has(session);
  }

  /** A session with a stream, other than this one. */
  otherThan(session: string): string | undefined {
    return [...this.#open.keys()].find((key) => key !== session);
  }

  refuse(link: Link, worker: SimulatedWorker): void {
    this.#network.break(link, worker, this.#coordinator, 500);
  }

  /** Closes the streams of all sessions. */
  closeAll(): void {
    for (const { link, worker } of this.#open.values()) this.#close(link, worker, 500);
    this.#open.clear();
  }

  /** The process was killed: the kernel closes all connections. */
  killed(): void {
    for (const [link, worker] of this.#links) this.#close(link, worker, 1_000);
    this.#links.clear();
    this.#open.clear();
  }

  #close(link: Link, worker: SimulatedWorker, mostMs: number): void {
    link.isOpenAtCoordinator = false;
    this.#network.break(link, worker, this.#coordinator, mostMs);
  }
}
