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
}

export function joinedText({ name, address, threads, kernel }: JoinedWorker): string {
  const count = `${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  return `${name} from ${address} with ${count}${kernel === null ? '' : `, kernel ${kernel}`}`;
}

/** Null if the text is another one. */
export function parseJoinedText(text: string): JoinedWorker | null {
  const parts = /^(.+) from (\S+) with (\d+) threads?(?:, kernel (.+))?$/u.exec(text);
  const [, name, address, threads, kernel] = parts ?? [];
  if (name === undefined || address === undefined) return null;
  return { name, address, threads: Number(threads), kernel: kernel ?? null };
}
