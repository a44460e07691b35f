/** Conformance suite of the launcher port: every implementation passes these tests. */
import { describe, expect, test } from 'vitest';
import type { Launcher } from '../../src/launch/launcher.ts';

/** What the suite needs of an implementation under test. */
export interface LauncherFixture extends AsyncDisposable {
  readonly launcher: Launcher;
  /** Resolves when `count` workers have started in total, replacements included. */
  started(count: number): Promise<void>;
  /** Makes the worker exit on its own that was started first, or last. */
  exitOne(): void;
  exitLast(): void;
  /** Name of the first worker and of those that replace it. */
  readonly name: string;
}

/**
 * @param make a launcher whose workers run until they are stopped, or, if `fails`, exit right after
 *   their start
 */
export function launcherConformance(
  name: string,
  make: (options: { readonly fails: boolean }) => Promise<LauncherFixture>,
): void {
  describe(name, { concurrent: true }, () => {
    test('a launcher starts the requested number of workers and counts them', async () => {
      await using fixture = await make({ fails: false });
      const { launcher } = fixture;
      expect(launcher.count()).toBe(0);
      launcher.start(1);
      launcher.start(1);
      await fixture.started(2);
      expect(launcher.count()).toBe(2);
    });

    test.for(['return-trials', 'kill'] as const)(
      'a launcher that stops with "%s" ends as stopped with no worker left',
      async (mode) => {
        await using fixture = await make({ fails: false });
        const { launcher } = fixture;
        launcher.start(2);
        await fixture.started(2);
        launcher.stop(mode);
        expect(await launcher.ended).toBe('stopped');
        expect(launcher.count()).toBe(0);
      },
    );

    test('a launcher replaces a worker that exits unexpectedly', async () => {
      await using fixture = await make({ fails: false });
      fixture.launcher.start(1);
      await fixture.started(1);
      fixture.exitOne();
      await fixture.started(2);
      expect(fixture.launcher.count()).toBe(1);
    });

    test('a launcher that waits for drained workers leaves them running and replaces none', async () => {
      await using fixture = await make({ fails: false });
      const { launcher } = fixture;
      launcher.start(1);
      await fixture.started(1);
      launcher.stop('when-drained');
      expect(launcher.count()).toBe(1);
      fixture.exitOne();
      expect(await launcher.ended).toBe('stopped');
    });

    test('a launcher without workers ends when it is stopped, and starts none afterwards', async () => {
      await using fixture = await make({ fails: false });
      const { launcher } = fixture;
      launcher.stop('when-drained');
      expect(await launcher.ended).toBe('stopped');
      launcher.start(1);
      expect(launcher.count()).toBe(0);
    });

    test('a launcher replaces a worker that has joined, however often it exits right after its start', async () => {
      await using fixture = await make({ fails: false });
      const { launcher } = fixture;
      launcher.start(1);
      for (let starts = 1; starts <= 4; starts++) {
        await fixture.started(starts);
        launcher.succeeded(fixture.name, 'joined');
        fixture.exitLast();
      }
      await fixture.started(5);
      expect(launcher.count()).toBe(1);
    });

    test('a launcher whose workers all fail at their start ends as failed', async () => {
      await using fixture = await make({ fails: true });
      fixture.launcher.start(2);
      expect(await fixture.launcher.ended).toBe('failed');
      expect(fixture.launcher.count()).toBe(0);
    });
  });
}
