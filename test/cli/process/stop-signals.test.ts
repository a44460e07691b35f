/** Signals: which request an end, which are ignored, and how long running trials may continue. */
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  StopSignals,
  graceMs,
  reportIgnoredSignals,
  surviveSignals,
} from '../../../src/cli/process/stop-signals.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function listenTo(options: { hasTerminal?: boolean; takesWarnings?: boolean }) {
  const source = new EventEmitter();
  const received: string[] = [];
  const signals = new StopSignals((count, signal) => received.push(`${count} ${signal}`), {
    hasTerminal: false,
    ...options,
    source,
  });
  onTestFinished(() => signals[Symbol.dispose]());
  const send = (signal: string): void => {
    vi.advanceTimersByTime(1_000);
    source.emit(signal, signal);
  };
  return { source, received, signals, send };
}

const all = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'];

describe('stop signals', () => {
  test('a hang-up requests an end if a terminal is attached, and not under nohup', () => {
    const terminal = listenTo({ hasTerminal: true });
    terminal.send('SIGHUP');
    expect(terminal.received).toEqual(['1 SIGHUP']);
    expect(terminal.signals.exitCode).toBe(129);
    const nohup = listenTo({ hasTerminal: false });
    nohup.send('SIGHUP');
    expect(nohup.received).toEqual([]);
  });

  test('the warnings of schedulers request an end only for commands that train', () => {
    const training = listenTo({ takesWarnings: true });
    training.send('SIGUSR1');
    training.send('SIGUSR2');
    expect(training.received).toEqual(['1 SIGUSR1', '2 SIGUSR2']);
    expect(training.signals.exitCode).toBe(138);
    const coordinator = listenTo({});
    coordinator.send('SIGUSR1');
    coordinator.send('SIGUSR2');
    expect(coordinator.received).toEqual([]);
  });

  test('two signals within a quarter of a second count as one', () => {
    const { source, received, send } = listenTo({});
    send('SIGTERM');
    vi.advanceTimersByTime(200);
    source.emit('SIGINT', 'SIGINT');
    expect(received).toEqual(['1 SIGTERM']);
  });

  test('an ignored signal is reported, and one that a command handles is not', () => {
    const emitter = new EventEmitter();
    const source = Object.assign(emitter, { pid: 7, exit: vi.fn<(code?: number) => never>() });
    const lines: string[] = [];
    reportIgnoredSignals((text) => lines.push(text));
    surviveSignals(false, source);
    const handled = new StopSignals(() => undefined, { takesWarnings: true, source });
    for (const signal of all) source.emit(signal, signal);
    expect(lines).toEqual([expect.stringContaining('SIGHUP ignored: no terminal is attached')]);
    handled[Symbol.dispose]();
    source.emit('SIGUSR2', 'SIGUSR2');
    expect(lines[1]).toContain('SIGUSR2 ignored');
    reportIgnoredSignals(() => undefined);
  });

  test('the first process of a container ends at SIGTERM also before its command handles it', () => {
    const emitter = new EventEmitter();
    const source = Object.assign(emitter, { pid: 1, exit: vi.fn<(code?: number) => never>() });
    surviveSignals(false, source);
    const handled = new StopSignals(() => undefined, { source });
    source.emit('SIGTERM', 'SIGTERM');
    expect(source.exit).not.toHaveBeenCalled();
    handled[Symbol.dispose]();
    source.emit('SIGTERM', 'SIGTERM');
    expect(source.exit).toHaveBeenCalledWith(143);
  });

  test.each([
    { signal: 'SIGTERM', grace: undefined, isAttended: true, ms: 8_000 },
    { signal: 'SIGUSR1', grace: undefined, isAttended: false, ms: 8_000 },
    { signal: 'SIGINT', grace: undefined, isAttended: false, ms: 8_000 },
    { signal: 'SIGINT', grace: undefined, isAttended: true, ms: null },
    { signal: 'SIGINT', grace: 60, isAttended: true, ms: 60_000 },
  ] as const)(
    'running trials may continue for $ms ms after $signal with --grace $grace (terminal: $isAttended)',
    ({ signal, grace, isAttended, ms }) => {
      expect(graceMs(signal, grace, isAttended)).toBe(ms);
    },
  );
});
