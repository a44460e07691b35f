/** Sign-in form: a field for a link or a token, and how to get one. */
import { useState } from 'preact/hooks';
import { signIn } from './connection.ts';

interface SignInProps {
  readonly problem: string | null;
  readonly onSignedIn: () => void;
}

export function SignInForm({ problem, onSignedIn }: SignInProps) {
  const [secret, setSecret] = useState('');
  const [refused, setRefused] = useState(problem);
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    const reason = await signIn(secret.trim());
    if (reason === null) onSignedIn();
    else setRefused(reason);
  };
  return (
    <main class="sign-in">
      <h1>Ridgeline</h1>
      <p>
        The coordinator prints a link when it starts; it signs in once. For another session, create
        a token with <code>ridgeline token new --role viewer</code> (or <code>admin</code>). Paste
        the link or the token here.
      </p>
      <form onSubmit={(event) => void send(event)}>
        <label for="secret">Token</label>
        <input
          id="secret"
          type="password"
          autocomplete="off"
          value={secret}
          onInput={(event) => setSecret(event.currentTarget.value)}
        />
        <button type="submit" disabled={secret.trim() === ''}>
          Sign in
        </button>
      </form>
      {refused !== null && <p role="alert">{refused}</p>}
    </main>
  );
}
