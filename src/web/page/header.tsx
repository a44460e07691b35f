/** Header: the state of the connection, busy threads, a read-only link, and signing out. */
import { useState } from 'preact/hooks';
import type { Overview } from '../page-messages.ts';
import { readOnlyLink, signOut } from './connection.ts';
import { CopyButton } from './copy-button.tsx';

interface HeaderProps {
  readonly overview: Overview;
  readonly isConnected: boolean;
  readonly onSignedOut: () => void;
}

export function Header({ overview, isConnected, onSignedOut }: HeaderProps) {
  const [link, setLink] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const showLink = async (): Promise<void> => {
    const made = await readOnlyLink();
    setLink(made.link);
    setProblem(made.problem && `No link was created: ${made.problem}.`);
  };
  const leave = async (): Promise<void> => {
    const why = await signOut();
    if (why === null) onSignedOut();
    else setProblem(`You are still signed in: ${why}.`);
  };
  return (
    <header>
      <h1>
        <svg viewBox="0 0 24 16" aria-hidden="true">
          <path d="M1 15 8 4l4 6 4-8 7 13" />
        </svg>
        Ridgeline
      </h1>
      <p class="facts">
        <span class={isConnected ? 'live' : 'away'} role="status">
          {isConnected ? 'live' : 'no connection: this is the last known state'}
        </span>
        <span>{overview.isStored ? 'stored studies' : busyText(overview)}</span>
        <span>version {overview.version}</span>
      </p>
      <p class="actions">
        {overview.role === 'admin' ? (
          <button type="button" onClick={() => void showLink()}>
            Read-only link
          </button>
        ) : (
          <span class="role">read only</span>
        )}
        <button type="button" onClick={() => void leave()}>
          Sign out
        </button>
      </p>
      {problem !== null && (
        <p class="notice bad" role="alert">
          {problem}
        </p>
      )}
      {link !== null && (
        <p class="notice">
          Signs in one viewer, once, within 15 minutes: <code>{link}</code>{' '}
          <CopyButton text={link} what="the link" />{' '}
          <button type="button" onClick={() => setLink(null)}>
            Hide
          </button>
        </p>
      )}
    </header>
  );
}

/** Without the threads of lost workers. */
function busyText({ workers }: Overview): string {
  const present = workers.filter(({ state }) => state !== 'lost');
  const threads = present.reduce((sum, worker) => sum + worker.threads, 0);
  const busy = present.reduce((sum, worker) => sum + worker.busy, 0);
  return `${busy} of ${threads} threads busy`;
}
