import { describe, expect, test } from 'vitest';
import type { Decision } from '../../../src/coordinator/core/state/turn.ts';
import { GroupCommit } from '../../../src/coordinator/shell/group-commit.ts';

/** A decision that stores one log line and sends one message, both called `name`. */
function decision(name: string): Decision {
  const row = { kind: 'event', atMs: 0, study: null, what: name, detail: '' } as const;
  const message = { kind: 'drain', reason: name } as const;
  return { persist: [row], afterCommit: [{ kind: 'send', session: 's', message }] };
}

/** A group commit whose commits and ends of turns are controlled by the test. */
function controlledCommit() {
  const events: string[] = [];
  const commits: PromiseWithResolvers<void>[] = [];
  const turns: (() => void)[] = [];
  const commit = new GroupCommit(
    {
      commit: async (rows) => {
        events.push(
          `commit ${rows.map((row) => (row.kind === 'event' ? row.what : '')).join(' ')}`,
        );
        const pending = Promise.withResolvers<void>();
        commits.push(pending);
        await pending.promise;
      },
      perform: (effect) =>
        events.push(
          `send ${effect.kind === 'send' && effect.message.kind === 'drain' ? effect.message.reason : ''}`,
        ),
      onFailure: (error) => events.push(`failed ${String(error)}`),
    },
    (run) => turns.push(run),
  );
  const settle = async (): Promise<void> =>
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  return {
    commit,
    events,
    endTurn: async () => {
      for (const run of turns.splice(0)) run();
      await settle();
    },
    finish: async (error?: string) => {
      const pending = commits.shift();
      if (error === undefined) pending?.resolve();
      else pending?.reject(new Error(error));
      await settle();
    },
  };
}

describe('the group commit', () => {
  test('stores the decisions of one turn in one commit, and performs effects in order after it', async () => {
    const { commit, events, endTurn, finish } = controlledCommit();
    commit.add(decision('a'));
    commit.add(decision('b'), () => events.push('before b'));
    expect(events).toEqual([]);
    await endTurn();
    expect(events).toEqual(['commit a b']);
    await finish();
    expect(events).toEqual(['commit a b', 'send a', 'before b', 'send b']);
  });

  test('collects decisions made during a commit in the next one, which starts after its effects', async () => {
    const { commit, events, endTurn, finish } = controlledCommit();
    commit.add(decision('a'));
    await endTurn();
    commit.add(decision('b'));
    await endTurn();
    commit.add(decision('c'));
    await endTurn();
    expect(events).toEqual(['commit a']);
    await finish();
    expect(events).toEqual(['commit a', 'send a', 'commit b c']);
    const committed = commit.committed();
    await finish();
    await committed;
    expect(events.slice(3)).toEqual(['send b', 'send c']);
  });

  test('drops everything that was decided since a failed commit, and stores what is decided after it', async () => {
    const { commit, events, endTurn, finish } = controlledCommit();
    commit.add(decision('a'));
    await endTurn();
    const first = commit.committed();
    commit.add(decision('b'));
    const outcomes = Promise.allSettled([first, commit.committed()]);
    await finish('disk full');
    expect(await outcomes).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
    await endTurn();
    expect(events).toEqual(['commit a', 'failed Error: disk full']);
    commit.add(decision('c'));
    await endTurn();
    await finish();
    await commit.committed();
    expect(events.slice(2)).toEqual(['commit c', 'send c']);
  });

  test('performs effects without rows after the commits that were decided before', async () => {
    const { commit, events, endTurn, finish } = controlledCommit();
    commit.add(decision('a'));
    await endTurn();
    commit.add({ ...decision('b'), persist: [] });
    await endTurn();
    expect(events).toEqual(['commit a']);
    await finish();
    expect(events).toEqual(['commit a', 'send a', 'send b']);
  });
});
