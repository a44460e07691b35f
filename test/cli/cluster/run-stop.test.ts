/** Stopping a run, with a coordinator and a launcher that only record what they are asked. */
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { RunStop } from '../../../src/cli/cluster/run-stop.ts';
import type { LiveEvent } from '../../../src/coordinator/core/state/live-events.ts';
import type { LauncherEnd } from '../../../src/launch/launcher.ts';
import type { WorkerSummary } from '../../../src/study/summaries.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function newRun(options: { busy: number; hasTerminal?: boolean; grace?: number }) {
  const source = new EventEmitter();
  const calls: string[] = [];
  const lines: string[] = [];
  const ended = Promise.withResolvers<LauncherEnd>();
  let workers: Pick<WorkerSummary, 'busy' | 'state'>[] =
    options.busy === 0 ? [] : [{ busy: options.busy, state: 'busy' }];
  const listeners = new Set<(event: LiveEvent) => void>();
  const coordinator = {
    workers: () => workers as WorkerSummary[],
    drain: (worker: string | null) => calls.push(`drain ${worker ?? 'all'}`),
    returnTrials: () => void calls.push('return'),
    listen: (listener: (event: LiveEvent) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const stop = new RunStop(
    {
      coordinator,
      launcher: { stop: (mode) => calls.push(mode), ended: ended.promise },
      grace: options.grace,
      announceEnd: () => undefined,
      exit: (code) => calls.push(`exit ${code}`),
    },
    { source, hasTerminal: options.hasTerminal ?? false },
  );
  onTestFinished(() => stop[Symbol.dispose]());
  let isStopped = false;
  void stop.stopped.then(() => (isStopped = true));
  return {
    stop,
    calls,
    lines,
    submitted: () => stop.submitted((text) => lines.push(text)),
    send: (signal: string) => {
      vi.advanceTimersByTime(1_000);
      source.emit(signal, signal);
    },
    notify: (event: LiveEvent) => {
      for (const listener of listeners) listener(event);
    },
    workersLeave: () => {
      workers = [];
      ended.resolve('stopped');
    },
    isStopped: async () => {
      await vi.advanceTimersByTimeAsync(0);
      return isStopped;
    },
  };
}

const joined = { kind: 'worker-joined', worker: 'local-1', threads: 1 } as const;

test('a run that is stopped before its local workers have joined drains each that joins, and stops', async () => {
  const run = newRun({ busy: 0 });
  run.submitted();
  run.send('SIGTERM');
  expect(run.calls).toEqual(['when-drained', 'drain all', 'return', 'return-trials']);
  run.notify(joined);
  expect(run.calls.at(-1)).toBe('drain local-1');
  expect(await run.isStopped()).toBe(false);
  run.workersLeave();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await run.isStopped()).toBe(true);
  expect(run.stop.exitCode).toBe(143);
});

test('a run that is stopped before its study is submitted ends at once if no trial is running', () => {
  const run = newRun({ busy: 0 });
  run.send('SIGINT');
  expect(run.calls).toEqual(['kill', 'exit 130']);
});

test('a run returns after 8 s of SIGTERM what is still running, and stops when its processes have ended', async () => {
  const run = newRun({ busy: 2 });
  run.submitted();
  run.send('SIGTERM');
  expect(run.lines).toEqual([expect.stringMatching(/2 packs of trials still running; .* 8 s/)]);
  vi.advanceTimersByTime(7_900);
  expect(run.calls).not.toContain('return');
  vi.advanceTimersByTime(100);
  expect(run.calls.slice(-2)).toEqual(['return', 'return-trials']);
  run.workersLeave();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await run.isStopped()).toBe(true);
});

test('Ctrl-C in a terminal lets running trials finish however long they take; the second returns them', () => {
  const run = newRun({ busy: 1, hasTerminal: true });
  run.submitted();
  run.send('SIGINT');
  expect(run.lines).toEqual([expect.stringContaining('press Ctrl-C again to return them')]);
  vi.advanceTimersByTime(3_600_000);
  expect(run.calls).not.toContain('return');
  run.send('SIGINT');
  expect(run.calls.slice(-2)).toEqual(['return', 'return-trials']);
  run.send('SIGINT');
  expect(run.calls.slice(-2)).toEqual(['kill', 'exit 130']);
});

test("a scheduler's warning drains a run, and a hang-up without a terminal does not", () => {
  const run = newRun({ busy: 1, grace: 60 });
  run.submitted();
  run.send('SIGHUP');
  expect(run.calls).toEqual([]);
  run.send('SIGUSR1');
  expect(run.calls).toEqual(['when-drained', 'drain all']);
  expect(run.stop.exitCode).toBe(138);
  vi.advanceTimersByTime(60_000);
  expect(run.calls).toContain('return');
});
