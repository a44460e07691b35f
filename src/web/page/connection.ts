/**
 * Connection of the page to its server: sign-in, the event stream, and requests.
 *
 * `EventSource` reconnects automatically. The page shows whether it is connected, so that an old state is not
 * mistaken for the current one.
 */
import type { Overview, LogLine, StudyPage, TrialPage } from '../page-messages.ts';

export interface StreamHandlers {
  readonly overview: (overview: Overview) => void;
  readonly study: (page: StudyPage) => void;
  readonly log: (lines: readonly LogLine[]) => void;
  readonly connected: (isConnected: boolean) => void;
  /** The session has ended, or there is none. */
  readonly signedOut: () => void;
}

/** Delay before another attempt after the server refused the stream, because too many pages are open. */
const retryMs = 5_000;

/** @returns a function that closes the stream */
export function openStream(study: string | null, handlers: StreamHandlers): () => void {
  const query = study === null ? '' : `?study=${encodeURIComponent(study)}`;
  let isClosed = false;
  let retry: number | undefined;
  let source: EventSource;
  const open = (): void => {
    source = new EventSource(`/api/events${query}`);
    const on = (name: string, take: (value: never) => void): void => {
      source.addEventListener(name, (event: MessageEvent<string>) => {
        take(JSON.parse(event.data) as never);
      });
    };
    on('overview', handlers.overview);
    on('study', handlers.study);
    on('log', handlers.log);
    source.addEventListener('open', () => handlers.connected(true));
    source.addEventListener('error', () => {
      handlers.connected(false);
      // A broken stream reconnects automatically; a refused one does not.
      if (source.readyState !== EventSource.CLOSED) return;
      void hasEnded().then((isOver) => {
        if (isClosed) return;
        if (isOver) handlers.signedOut();
        else retry = setTimeout(open, retryMs);
      });
    });
  };
  open();
  return () => {
    isClosed = true;
    clearTimeout(retry);
    source.close();
  };
}

/** Whether the session is over; false if the server does not respond. */
async function hasEnded(): Promise<boolean> {
  try {
    return (await fetch('/api/session')).status === 401;
  } catch {
    return false;
  }
}

/**
 * @param text a token, a one-time code, or a link that contains one
 * @returns null after success, else the problem
 */
export async function signIn(text: string): Promise<string | null> {
  return await post('/api/sign-in', { secret: codeFromLink(text) ?? text });
}

/** The code in the fragment of a link. */
export function codeFromLink(link: string): string | null {
  return /#code=(.+)$/.exec(link)?.[1] ?? null;
}

/** @returns null after success, else the problem */
export async function changeStudy(
  study: string,
  change: 'pause' | 'resume' | 'cancel',
): Promise<string | null> {
  return await post(`/api/studies/${encodeURIComponent(study)}/change`, { change });
}

/** @returns null if the session has ended, else the problem */
export async function signOut(): Promise<string | null> {
  const asked = await send('/api/sign-out', {});
  // Status 401: there was no session.
  return asked.status === 401 ? null : asked.problem;
}

/** A link for a viewer, or the problem. */
export async function readOnlyLink(): Promise<
  { readonly link: string } | { readonly problem: string }
> {
  const { problem, value } = await send('/api/links', { role: 'viewer' });
  if (problem !== null) return { problem };
  const { fragment } = value as { readonly fragment: string };
  return { link: `${location.origin}/${fragment}` };
}

export async function isSignedIn(): Promise<boolean> {
  try {
    return (await fetch('/api/session')).ok;
  } catch {
    return false;
  }
}

/** @returns null without an answer */
export async function trialPage(
  study: string,
  query: { readonly stage: string | null; readonly offset: number; readonly limit: number },
): Promise<TrialPage | null> {
  const search = new URLSearchParams({ offset: `${query.offset}`, limit: `${query.limit}` });
  if (query.stage !== null) search.set('stage', query.stage);
  try {
    const answer = await fetch(`/api/studies/${encodeURIComponent(study)}/trials?${search}`);
    return answer.ok ? ((await answer.json()) as TrialPage) : null;
  } catch {
    return null;
  }
}

async function post(path: string, body: unknown): Promise<string | null> {
  return (await send(path, body)).problem;
}

interface Sent {
  /** 0 without an answer. */
  readonly status: number;
  readonly problem: string | null;
  readonly value: unknown;
}

async function send(path: string, body: unknown): Promise<Sent> {
  try {
    const answer = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const value: unknown = await answer.json();
    const problem = answer.ok ? null : (value as { readonly error: string }).error;
    return { status: answer.status, problem, value };
  } catch {
    return { status: 0, problem: 'the coordinator does not answer', value: null };
  }
}
