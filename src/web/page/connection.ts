/** Connection of the page to its server: sign-in, the event stream, and requests. */
import {
  foreignOrigin,
  type LogLine,
  type Overview,
  type StudyPage,
  type StudyUpdate,
} from '../page-messages.ts';
import { mergeUpdate } from './merge-update.ts';

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

/** Relative to the page, which a proxy may serve below a path. */
export function apiAddress(path: string): string {
  return new URL(`api/${path}`, document.baseURI).href;
}

/** @returns a function that closes the stream */
export function openStream(study: string | null, handlers: StreamHandlers): () => void {
  const query = study === null ? '' : `?study=${encodeURIComponent(study)}`;
  let isClosed = false;
  let retry: number | undefined;
  let source: EventSource;
  const open = (): void => {
    source = new EventSource(apiAddress(`events${query}`));
    const on = (name: string, take: (value: never) => void): void => {
      source.addEventListener(name, (event: MessageEvent<string>) => {
        take(JSON.parse(event.data) as never);
      });
    };
    on('overview', handlers.overview);
    // The browser reconnects automatically: the new stream starts with the whole page.
    let page: StudyPage | null = null;
    on('study', (update: StudyUpdate) => {
      page = mergeUpdate(page, update);
      handlers.study(page);
    });
    on('log', handlers.log);
    source.addEventListener('open', () => handlers.connected(true));
    source.addEventListener('error', () => {
      handlers.connected(false);
      // A broken stream reconnects automatically; a refused one does not.
      if (source.readyState !== EventSource.CLOSED) return;
      void sessionStatus().then((status) => {
        if (isClosed) return;
        if (status === 401) handlers.signedOut();
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

/** The status of the session: 200, or 401 without one; 0 if the server does not respond. */
async function sessionStatus(): Promise<number> {
  return await fetch(apiAddress('session')).then(
    ({ status }) => status,
    () => 0,
  );
}

/**
 * @param text a token, a one-time code, or a link that contains one
 * @returns null after success, else the problem
 */
export async function signIn(text: string): Promise<string | null> {
  return (await send('sign-in', { secret: codeFromLink(text) ?? text })).problem;
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
  return (await send(`studies/${encodeURIComponent(study)}/change`, { change })).problem;
}

/** @returns null if the session has ended, else the problem */
export async function signOut(): Promise<string | null> {
  const asked = await send('sign-out', {});
  // Status 401: there was no session.
  return asked.status === 401 ? null : asked.problem;
}

/** A link for a viewer, or the problem. */
export async function readOnlyLink(): Promise<{ link: string | null; problem: string | null }> {
  const { problem, value } = await send('links', { role: 'viewer' });
  if (problem !== null) return { link: null, problem };
  const { fragment } = value as { readonly fragment: string };
  return { link: new URL(fragment, document.baseURI).href, problem: null };
}

/** Whether this browser has a session, and a problem that prevents signing in. */
export async function checkSession(): Promise<{ isOpen: boolean; problem: string | null }> {
  const status = await sessionStatus();
  const isAnswer = status === 200 || status === 401;
  return { isOpen: status === 200, problem: isAnswer ? null : noAnswer(status) };
}

/** @param status 0 without an answer */
function noAnswer(status: number): string {
  if (status === 0) return 'the coordinator does not answer';
  return `${apiAddress('')} answers with status ${status}, which is not the dashboard. If this page is behind a proxy, check the path in its configuration`;
}

interface Sent {
  /** HTTP status; 0 without an answer. */
  readonly status: number;
  readonly problem: string | null;
  readonly value: unknown;
}

async function send(path: string, body: unknown): Promise<Sent> {
  let status = 0;
  try {
    const answer = await fetch(apiAddress(path), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    ({ status } = answer);
    const value: unknown = await answer.json();
    const problem = answer.ok ? null : refusalText(value as Refusal);
    return { status, problem, value };
  } catch {
    return { status, problem: noAnswer(status), value: null };
  }
}

interface Refusal {
  readonly error: string;
  readonly code?: string;
}

function refusalText({ error, code }: Refusal): string {
  if (code !== foreignOrigin) return error;
  const address = new URL('.', document.baseURI).href;
  return `the dashboard does not know that it is opened at this address. Start it again with --http-origin ${address}`;
}
