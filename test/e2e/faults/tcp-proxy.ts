/**
 * A network that can be cut: a TCP proxy on loopback between a worker and its coordinator.
 *
 * When frozen, bytes wait in both directions without notice; frozen one way, only those of one side
 * wait; thawed, all of them arrive. Cut, both sides see their connection closed.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class TcpProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #pairs = new Set<{ readonly worker: Socket; readonly coordinator: Socket }>();
  #isFrozen = { up: false, down: false };
  #refuses = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param target HOST:PORT of the coordinator */
  static async start(target: string): Promise<TcpProxy> {
    const [host = '', port = ''] = target.split(':');
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    const proxy = new TcpProxy(server);
    server.on('connection', (worker) => proxy.#connected(worker, host, Number(port)));
    await new Promise<void>((listening) => {
      server.listen(0, '127.0.0.1', listening);
    });
    return proxy;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** `up`: messages of the worker do not arrive; `down`: those of the coordinator. */
  freeze(which: 'both' | 'up' | 'down' = 'both'): void {
    this.#isFrozen = { up: which !== 'down', down: which !== 'up' };
    this.#apply();
  }

  thaw(): void {
    this.#isFrozen = { up: false, down: false };
    this.#apply();
  }

  /** Closes all connections. @param options.refuse whether new ones are refused */
  cut(options: { readonly refuse?: boolean } = {}): void {
    this.#refuses = options.refuse ?? false;
    for (const { worker, coordinator } of this.#pairs) {
      worker.destroy();
      coordinator.destroy();
    }
  }

  accept(): void {
    this.#refuses = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut({ refuse: true });
    await new Promise((closed) => {
      this.#server.close(closed);
    });
  }

  #connected(worker: Socket, host: string, port: number): void {
    if (this.#refuses) {
      worker.destroy();
      return;
    }
    const coordinator = connect({ host, port, allowHalfOpen: true });
    const pair = { worker, coordinator };
    this.#pairs.add(pair);
    for (const [from, to] of [
      [worker, coordinator],
      [coordinator, worker],
    ] as const) {
      from.on('data', (bytes: Buffer) => void to.write(bytes));
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => {
        to.destroy();
        this.#pairs.delete(pair);
      });
    }
    this.#apply();
  }

  /** A frozen direction is not read: its bytes stay in the sender's socket. */
  #apply(): void {
    for (const { worker, coordinator } of this.#pairs) {
      if (this.#isFrozen.up) worker.pause();
      else worker.resume();
      if (this.#isFrozen.down) coordinator.pause();
      else coordinator.resume();
    }
  }
}
