/**
 * The page: signed out it asks for a link or token; signed in it shows the cluster and one study.
 *
 * State is what the server last said; nothing is computed here that the server knows.
 */
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { LogLine, Overview, StudyPage } from '../page-messages.ts';
import { codeOfLink, isSignedIn, openStream, signIn } from './connection.ts';
import { Header } from './header.tsx';
import { EventLog, WorkerTable } from './cluster-parts.tsx';
import { SignInForm } from './sign-in-form.tsx';
import { StudyList } from './study-list.tsx';
import { StudyView } from './study-view.tsx';

type Door = 'unknown' | 'closed' | 'open';

function Page() {
  const [door, setDoor] = useState<Door>('unknown');
  const [problem, setProblem] = useState<string | null>(null);
  const [visit, setVisit] = useState(0);
  useEffect(() => {
    const come = async (): Promise<void> => {
      const { isOpen, why } = await enter();
      setDoor(isOpen ? 'open' : 'closed');
      setProblem(isOpen ? null : why);
      setVisit((count) => count + 1);
    };
    // A link that is opened in this tab changes the fragment only: nothing is loaded.
    const changed = (): void => {
      if (codeOfLink(location.hash) !== null) void come();
    };
    addEventListener('hashchange', changed);
    void come();
    return () => removeEventListener('hashchange', changed);
  }, []);
  if (door === 'unknown') return null;
  const signedIn = (): void => {
    setDoor('open');
    setProblem(null);
  };
  if (door === 'closed') return <SignInForm key={visit} problem={problem} onSignedIn={signedIn} />;
  // Anew with every sign-in: the role may be another.
  return <Dashboard key={visit} onSignedOut={() => setDoor('closed')} />;
}

/** The code of a link is in the fragment, which stays in this browser; it is used once and taken away. */
async function enter(): Promise<{ isOpen: boolean; why: string | null }> {
  const code = codeOfLink(location.hash);
  if (code !== null) {
    history.replaceState(null, '', location.pathname);
    const why = await signIn(code);
    if (why === null) return { isOpen: true, why: null };
    // An old link in a browser that is signed in already does no harm.
    return { isOpen: await isSignedIn(), why };
  }
  return { isOpen: await isSignedIn(), why: null };
}

/** Null for an address that names none, or is none. */
function studyOfAddress(): string | null {
  const name = /^#\/study\/(.+)$/.exec(location.hash)?.[1];
  if (name === undefined) return null;
  try {
    return decodeURIComponent(name);
  } catch {
    return null;
  }
}

function Dashboard({ onSignedOut }: { readonly onSignedOut: () => void }) {
  const [chosen, setChosen] = useState(studyOfAddress);
  const [overview, setOverview] = useState<Overview | null>(null);
  const [study, setStudy] = useState<StudyPage | null>(null);
  const [log, setLog] = useState<readonly LogLine[]>([]);
  const [isConnected, setConnected] = useState(true);
  useEffect(() => {
    const changed = (): void => setChosen(studyOfAddress());
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  useEffect(
    () =>
      openStream(chosen, {
        overview: setOverview,
        study: setStudy,
        log: setLog,
        connected: setConnected,
        signedOut: onSignedOut,
      }),
    [chosen],
  );
  // Without a choice the server chooses.
  const shown = chosen ?? study?.study ?? null;
  useEffect(() => {
    document.title = shown === null ? 'Ridgeline' : `${shown} · Ridgeline`;
  }, [shown]);
  if (overview === null) return <p class="loading">Loading…</p>;
  return (
    <>
      <Header overview={overview} isConnected={isConnected} onSignedOut={onSignedOut} />
      {overview.storeProblem !== null && (
        <p class="notice bad" role="alert">
          Nothing can be stored at the moment, so nothing is granted: {overview.storeProblem}
        </p>
      )}
      <div class="columns">
        <nav aria-label="Studies">
          <StudyList studies={overview.studies} shown={shown} />
        </nav>
        <main>
          <Shown study={study} name={shown} overview={overview} />
          <WorkerTable workers={overview.workers} />
          <EventLog lines={log} />
        </main>
      </div>
    </>
  );
}

interface ShownProps {
  readonly study: StudyPage | null;
  readonly name: string | null;
  readonly overview: Overview;
}

function Shown({ study, name, overview }: ShownProps) {
  if (overview.studies.length === 0)
    return (
      <p class="empty">
        No study yet. Submit one with <code>ridgeline submit STUDY.yaml</code>.
      </p>
    );
  if (name !== null && overview.studies.every((line) => line.study !== name))
    return <p class="empty">There is no study called {name}.</p>;
  // While another study is on its way, the old one is not shown under its name.
  if (study?.study !== name) return <p class="empty">Loading {name ?? 'the study'}…</p>;
  return <StudyView page={study} isAdmin={overview.role === 'admin'} />;
}

const root = document.querySelector('#page');
if (root !== null) render(<Page />, root);
