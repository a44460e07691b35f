/**
 * Event stream of one open page: the current state, and what has changed after every change. A new stream
 * starts with the whole state, so a page that reconnects misses nothing, and a slow page skips states.
 */
import type { SSEStreamingApi } from 'hono/streaming';
import type { DashboardCache } from '../boards/dashboard-cache.ts';
import type { LogLine, StreamEvents, StudyLine, ViewerRole } from '../page-messages.ts';
import { StudyUpdates } from './study-updates.ts';

export interface StreamOptions {
  readonly cache: DashboardCache;
  readonly log: (limit: number) => Promise<readonly LogLine[]>;
  /** The study to show; null: the default one. */
  readonly study: string | null;
  /** Called before every message: a session may end while its page is open. */
  readonly role: () => ViewerRole | null;
  /** Aborted before the last message. */
  readonly ending: AbortSignal;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Shortest time between two messages. */
const paceMs = 400;
/** Longest silence, so that both sides notice a dead connection. */
const beatMs = 15_000;
const logLines = 100;

/** The running study, or else the newest; null if there is none. */
function defaultStudy(studies: readonly StudyLine[]): string | null {
  const running = studies.find(({ status }) => status === 'running');
  return (running ?? studies.at(-1))?.study ?? null;
}

export async function streamPage(
  stream: SSEStreamingApi,
  { cache, log, study, role, ending, wait }: StreamOptions,
): Promise<void> {
  const gone = new AbortController();
  stream.onAbort(() => gone.abort());
  const stopped = AbortSignal.any([gone.signal, ending]);
  const sent = new Map<keyof StreamEvents, string>();
  const updates = new StudyUpdates();
  let id = 0;
  let version = 0;
  let quietMs = 0;
  const write = async (event: keyof StreamEvents, data: string): Promise<void> => {
    id += 1;
    quietMs = 0;
    await stream.writeSSE({ event, data, id: String(id), retry: 1_000 });
  };
  const send = async <Name extends 'overview' | 'log'>(
    event: Name,
    value: StreamEvents[Name],
  ): Promise<void> => {
    const data = JSON.stringify(value);
    if (sent.get(event) === data) return;
    sent.set(event, data);
    await write(event, data);
  };
  for (let turn = 0; !gone.signal.aborted; turn += 1) {
    const now = role();
    if (now === null) return;
    const isLast = ending.aborted;
    // Threads become busy and idle without an event, so every other turn checks them.
    if (version !== cache.version || turn % 2 === 0 || isLast) {
      version = cache.version;
      const overview = await cache.overview(now);
      await send('overview', overview);
      const shown = study ?? defaultStudy(overview.studies);
      const page = shown === null ? null : await cache.page(shown);
      const update = page === null ? null : updates.next(page);
      if (update !== null) await write('study', update);
      await send('log', await log(logLines));
    }
    if (isLast) return;
    if (quietMs >= beatMs) {
      quietMs = 0;
      await stream.write(': keep-alive\n\n');
    }
    await wait(paceMs, stopped);
    quietMs += paceMs;
  }
}
