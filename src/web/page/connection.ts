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
  let isClosed = false;
  let again: number | undefined;
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
      // A stream that broke comes back by itself; one that was refused does not.
      if (source.readyState !== EventSource.CLOSED) return;
      void hasEnded().then((isOver) => {
        if (isClosed) return;
        if (isOver) handlers.signedOut();
        else again = setTimeout(open, againMs);
      });
    });
  };
  open();
  return () => {
    isClosed = true;
    clearTimeout(again);
    source.close();
  };
}

/** Whether the session is over; not, as long as nobody answers. */
async function hasEnded(): Promise<boolean> {
  try {
    return (await fetch('/api/session')).status === 401;
  } catch {
    return false;
  }
}

/**
 * @param text a token, a one-time code, or the whole link that holds one
 * @returns null when signed in; else why not
 */
export async function signIn(text: string): Promise<string | null> {
  return await post('/api/sign-in', { secret: codeOfLink(text) ?? text });
}

/** The code in the fragment of a link. */
export function codeOfLink(link: string): string | null {
  return /#code=(.+)$/.exec(link)?.[1] ?? null;
}

/** @returns null when it was done; else why not */
export async function changeStudy(
  study: string,
  change: 'pause' | 'resume' | 'cancel',
): Promise<string | null> {
  return await post(`/api/studies/${encodeURIComponent(study)}/change`, { change });
}

/** @returns null when nobody is signed in here any more; else why somebody still is */
export async function signOut(): Promise<string | null> {
  const asked = await send('/api/sign-out', {});
  // Without a session there is nothing to end.
  return asked.status === 401 ? null : asked.problem;
}

/** A link for somebody who may look and not touch; else why there is none. */
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
  return (await send(path, body)).problem;
}

interface Sent {
  /** 0 when nobody answers. */
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
