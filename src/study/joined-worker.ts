/**
 * Joined worker: what a coordinator's log says about the machine of a worker. The log is the only stored
 * description of workers, so the text is written and read here.
 */
export interface JoinedWorker {
  /** Name that the coordinator gave it. */
  readonly name: string;
  readonly address: string;
  readonly threads: number;
  /** Such as `native avx2`; null in the log of an older version. */
  readonly kernel: string | null;
  /** Model of the processor; null in the log of an older version. */
  readonly processor: string | null;
}

export function joinedText({ name, address, threads, kernel, processor }: JoinedWorker): string {
  const count = `${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  const arithmetic = kernel === null ? '' : `, kernel ${kernel}`;
  const on = processor === null ? '' : `, on ${processor}`;
  return `${name} from ${address} with ${count}${arithmetic}${on}`;
}

/** Null if the text is another one. */
export function parseJoinedText(text: string): JoinedWorker | null {
  const parts = /^(.+) from (\S+) with (\d+) threads?(?:, kernel (.+?))?(?:, on (.+))?$/u.exec(
    text,
  );
  const [, name, address, threads, kernel, processor] = parts ?? [];
  if (name === undefined || address === undefined) return null;
  const on = processor ?? null;
  return { name, address, threads: Number(threads), kernel: kernel ?? null, processor: on };
}
