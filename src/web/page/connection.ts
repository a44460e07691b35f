/**
 * The page's connection to its server: signing in, the stream of states, and the few requests.
 *
 * `EventSource` comes back by itself; whether it is there is shown, since an old picture of a cluster
 * that looks new is worse than none.
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

/** A stream that was refused, for too many pages are open, is asked for again so much later. */
const againMs = 5_000;

/** @returns a function that closes the stream */
export function openStream(study: string | null, handlers: StreamHandlers): () => void {
  const query = study === null ? '' : `?study=${encodeURIComponent(study)}`;
  const closed = new AbortController();
  const { signal } = closed;
  const open = (): void => {
    if (signal.aborted) return;
    const source = new EventSource(`/api/events${query}`);
    signal.addEventListener('abort', () => source.close());
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
      // A stream that broke comes back by itself; one that was refused does not.
      if (source.readyState !== EventSource.CLOSED) return;
      void hasEnded().then((isOver) => {
        if (isOver) handlers.signedOut();
        else setTimeout(open, againMs);
      });
    });
  };
  open();
  return () => closed.abort();
}

/** Whether the session is over; not, as long as nobody answers. */
async function hasEnded(): Promise<boolean> {
  try {
    return (await fetch('/api/session')).status === 401;
  } catch {
    return false;
  }
}

/** @returns null when signed in; else why not */
export async function signIn(secret: string): Promise<string | null> {
  return await post('/api/sign-in', { secret });
}

/** @returns null when it was done; else why not */
export async function changeStudy(
  study: string,
  change: 'pause' | 'resume' | 'cancel',
): Promise<string | null> {
  return await post(`/api/studies/${encodeURIComponent(study)}/change`, { change });
}

export async function signOut(): Promise<void> {
  await post('/api/sign-out', {});
}

/** A link for somebody who may look and not touch; null when there is no answer. */
export async function readOnlyLink(): Promise<string | null> {
  try {
    const answer = await fetch('/api/links', request({ role: 'viewer' }));
    if (!answer.ok) return null;
    const { fragment } = (await answer.json()) as { readonly fragment: string };
    return `${location.origin}/${fragment}`;
  } catch {
    return null;
  }
}

export async function isSignedIn(): Promise<boolean> {
  try {
    return (await fetch('/api/session')).ok;
  } catch {
    return false;
  }
}

/** @returns null when there is no answer at the moment */
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
  try {
    const answer = await fetch(path, request(body));
    if (answer.ok) return null;
    return ((await answer.json()) as { readonly error: string }).error;
  } catch {
    return 'the coordinator does not answer';
  }
}

function request(body: unknown): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}
