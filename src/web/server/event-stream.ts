/**
 * The stream of one open page: what there is, and what there is again whenever it has changed.
 *
 * Every message is a whole state, never a difference: a page that was away gets what there is now,
 * and a slow one skips what it missed, so nothing queues up for it. `id` counts for the browser's own
 * reconnecting; nothing is replayed.
 */
import type { SSEStreamingApi } from 'hono/streaming';
import type { BoardShelf } from '../boards/dashboard-cache.ts';
import type { LogLine, StreamEvents, StudyLine, ViewerRole } from '../page-messages.ts';

export interface StreamOptions {
  readonly shelf: BoardShelf;
  readonly log: (limit: number) => readonly LogLine[];
  /** Null for the one that runs, or else the newest. */
  readonly study: string | null;
  /** Asked again and again: a session may end while its page is open. */
  readonly role: () => ViewerRole | null;
  /** Aborted when the last is to be said. */
  readonly ending: AbortSignal;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** A page is told of changes at most this often. */
const paceMs = 400;
/** Something is said at least this often, so that a dead connection is noticed on both sides. */
const beatMs = 15_000;
const logLines = 100;

/** Null where there is none at all. */
function mostWanted(studies: readonly StudyLine[]): string | null {
  const running = studies.find(({ status }) => status === 'running');
  return (running ?? studies.at(-1))?.study ?? null;
}

const texts = new WeakMap<object, string>();

/** A large study's page is the same for all who look at it: it is written out once. */
function textOf(value: object): string {
  const known = texts.get(value);
  if (known !== undefined) return known;
  const text = JSON.stringify(value);
  texts.set(value, text);
  return text;
}

export async function streamPage(
  stream: SSEStreamingApi,
  { shelf, log, study, role, ending, wait }: StreamOptions,
): Promise<void> {
  const gone = new AbortController();
  stream.onAbort(() => gone.abort());
  const stopped = AbortSignal.any([gone.signal, ending]);
  const sent = new Map<keyof StreamEvents, string>();
  let id = 0;
  let version = 0;
  let quietMs = 0;
  const say = async <Name extends keyof StreamEvents>(
    event: Name,
    value: StreamEvents[Name],
  ): Promise<void> => {
    const data = textOf(value);
    if (sent.get(event) === data) return;
    sent.set(event, data);
    id += 1;
    quietMs = 0;
    await stream.writeSSE({ event, data, id: String(id), retry: 1_000 });
  };
  for (let turn = 0; !gone.signal.aborted; turn += 1) {
    const now = role();
    if (now === null) return;
    const isLast = ending.aborted;
    // Threads become busy and free without an event: looked at every other turn.
    if (version !== shelf.version || turn % 2 === 0 || isLast) {
      version = shelf.version;
      const overview = shelf.overview(now);
      await say('overview', overview);
      const shown = study ?? mostWanted(overview.studies);
      const page = shown === null ? null : shelf.page(shown);
      if (page !== null) await say('study', page);
      await say('log', log(logLines));
    }
    if (isLast) return;
    if (quietMs >= beatMs) {
      quietMs = 0;
      await stream.write(': still here\n\n');
    }
    await wait(paceMs, stopped);
    quietMs += paceMs;
  }
}
