/**
 * The page: without a session it asks for a link or token; with one it shows the cluster and one study, as in
 * the last message of the server.
 */
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { LogLine, Overview, StudyPage } from '../page-messages.ts';
import { checkSession, codeFromLink, openStream, signIn } from './connection.ts';
import { Comparison } from './comparison.tsx';
import { Header } from './header.tsx';
import { EventLog } from './event-log.tsx';
import { parseRoute, type Route } from './route.ts';
import { SignInForm } from './sign-in-form.tsx';
import { StudyList } from './study-list.tsx';
import { StudyView } from './study-view.tsx';
import { TrialView } from './trial-view.tsx';
import { WorkerTable } from './worker-table.tsx';

type Session = 'unknown' | 'none' | 'signed in';

function Page() {
  const [session, setSession] = useState<Session>('unknown');
  const [problem, setProblem] = useState<string | null>(null);
  const [visit, setVisit] = useState(0);
  useEffect(() => {
    const open = async (): Promise<void> => {
      const { isOpen, problem: reason } = await enter();
      setSession(isOpen ? 'signed in' : 'none');
      setProblem(isOpen ? null : reason);
      setVisit((count) => count + 1);
    };
    // A link that is opened in this tab changes only the fragment and loads nothing.
    const changed = (): void => {
      if (codeFromLink(location.hash) !== null) void open();
    };
    addEventListener('hashchange', changed);
    void open();
    return () => removeEventListener('hashchange', changed);
  }, []);
  if (session === 'unknown') return null;
  const signedIn = (): void => {
    setSession('signed in');
    setProblem(null);
  };
  if (session === 'none') return <SignInForm key={visit} problem={problem} onSignedIn={signedIn} />;
  // A new sign-in may have another role.
  return <Dashboard key={visit} onSignedOut={() => setSession('none')} />;
}

/** The code of a link is in the fragment, which stays in the browser; it is used once and removed. */
async function enter(): Promise<{ isOpen: boolean; problem: string | null }> {
  const code = codeFromLink(location.hash);
  if (code === null) return await checkSession();
  history.replaceState(null, '', location.pathname);
  const problem = await signIn(code);
  // An expired link is ignored in a browser with a session.
  return { isOpen: problem === null || (await checkSession()).isOpen, problem };
}

function Dashboard({ onSignedOut }: { readonly onSignedOut: () => void }) {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  const [overview, setOverview] = useState<Overview | null>(null);
  const [study, setStudy] = useState<StudyPage | null>(null);
  const [log, setLog] = useState<readonly LogLine[]>([]);
  const [isConnected, setConnected] = useState(true);
  useEffect(() => {
    const changed = (): void => setRoute(parseRoute(location.hash));
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  useEffect(
    () =>
      openStream(route.study, {
        overview: setOverview,
        study: setStudy,
        log: setLog,
        connected: setConnected,
        signedOut: onSignedOut,
      }),
    [route.study],
  );
  // The server chooses a study if the address names none.
  const isComparison = route.compared.length > 0;
  const shown = isComparison ? null : (route.study ?? study?.study ?? null);
  useTitle(route, shown);
  if (overview === null) return <p class="loading">Loading…</p>;
  return (
    <>
      <Header overview={overview} isConnected={isConnected} onSignedOut={onSignedOut} />
      {overview.storeProblem !== null && (
        <p class="notice bad" role="alert">
          The store does not work, so no trials are assigned: {overview.storeProblem}
        </p>
      )}
      <div class="columns">
        <nav aria-label="Studies">
          <StudyList studies={overview.studies} shown={shown} compared={route.compared} />
        </nav>
        <main>
          {isComparison ? (
            <Comparison
              key={route.compared.join('/')}
              names={route.compared}
              lines={overview.studies}
            />
          ) : (
            <Shown study={study} name={shown} trial={route.trial} overview={overview} />
          )}
          <WorkerTable workers={overview.workers} />
          <EventLog lines={log} study={shown} />
        </main>
      </div>
    </>
  );
}

/** Names what is shown in the title of the window, and shows its top. */
function useTitle({ study, trial, compared }: Route, shown: string | null): void {
  const names = [trial, shown, ...compared, 'Ridgeline'].filter((name) => name !== null);
  const title = names.join(' · ');
  useEffect(() => {
    document.title = title;
  }, [title]);
  useEffect(() => scrollTo(0, 0), [study, trial, compared.join('/')]);
}

interface ShownProps {
  readonly study: StudyPage | null;
  readonly name: string | null;
  /** The trial to show; null for the whole study. */
  readonly trial: string | null;
  readonly overview: Overview;
}

function Shown({ study, name, trial, overview }: ShownProps) {
  if (overview.studies.length === 0)
    return (
      <p class="empty">
        No study yet. Submit one with <code>ridgeline submit STUDY.yaml</code>.
      </p>
    );
  if (name !== null && overview.studies.every((line) => line.study !== name))
    return <p class="empty">There is no study {name}.</p>;
  // Until the chosen study arrives, the previous one is not shown.
  if (study?.study !== name) return <p class="empty">Loading {name ?? 'the study'}…</p>;
  if (trial !== null) return <TrialView key={trial} page={study} trial={trial} />;
  // The key forgets selected rows and open questions when another study is shown.
  return <StudyView key={study.study} page={study} overview={overview} />;
}

const root = document.querySelector('#page');
if (root !== null) render(<Page />, root);
