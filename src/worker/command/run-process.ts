/**
 * Process run: runs one program to its end, in its own process group, within limits.
 *
 * A process that reaches a limit receives SIGTERM, and SIGKILL ten seconds later, with all processes of its
 * group. When the program itself ends, what it has left behind in its group is killed at once.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { memoryText } from '../../study/memory-size.ts';
import { groupMemoryBytes } from './group-memory.ts';

export interface ProcessSpec {
  /** Program and arguments; at least one word. */
  readonly words: readonly string[];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Text on standard input. */
  readonly input: string;
  readonly timeoutMs: number;
  /** Longest time without output on stdout or stderr. */
  readonly silenceMs: number;
  /** Most memory of the process group; null: unlimited. */
  readonly memoryBytes: number | null;
}

export interface ProcessHooks {
  /** Called with each chunk of stdout. @returns why the process must end; null to continue */
  onOutput(chunk: Uint8Array): string | null;
  /** Called with each chunk of stderr. */
  onErrorOutput(chunk: Uint8Array): void;
}

/** How a process has ended. */
export type ProcessEnd =
  | { readonly kind: 'exited'; readonly code: number }
  /** By a signal of somebody else: `SIGKILL` if memory ran out. */
  | { readonly kind: 'killed'; readonly signal: string }
  /** It reached a limit, or its output had a problem. */
  | { readonly kind: 'ended'; readonly reason: string }
  /** The program does not exist, or may not be run. */
  | { readonly kind: 'unstarted'; readonly reason: string }
  /** `stop` was called. */
  | { readonly kind: 'stopped' };

export interface RunningProcess {
  readonly ended: Promise<ProcessEnd>;
  stop(): void;
}

/** From SIGTERM to SIGKILL. */
const killAfterMs = 10_000;
const memoryCheckMs = 500;
/** How long output that a descendant keeps open is read after the program has ended. */
const drainMs = 2_000;

export function runProcess(spec: ProcessSpec, hooks: ProcessHooks): RunningProcess {
  const run = new ProcessRun(spec, hooks);
  return { ended: run.ended, stop: () => run.end({ kind: 'stopped' }) };
}

type Cause = { readonly kind: 'ended'; readonly reason: string } | { readonly kind: 'stopped' };

class ProcessRun {
  readonly #end = Promise.withResolvers<ProcessEnd>();
  readonly #spec: ProcessSpec;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #silence: NodeJS.Timeout;
  #cause: Cause | null = null;

  constructor(spec: ProcessSpec, hooks: ProcessHooks) {
    this.#spec = spec;
    const [program = '', ...words] = spec.words;
    this.#child = spawn(program, words, {
      cwd: spec.folder,
      env: spec.environment,
      detached: true,
      stdio: 'pipe',
    });
    const { timeoutMs, silenceMs } = spec;
    this.#silence = this.#after(silenceMs, () =>
      this.#limit(`printed nothing for ${silenceMs / 1_000} s (trainer.silence)`),
    );
    this.#after(timeoutMs, () =>
      this.#limit(`ran longer than ${timeoutMs / 1_000} s (trainer.timeout)`),
    );
    this.#watchMemory();
    this.#listen(hooks);
  }

  get ended(): Promise<ProcessEnd> {
    return this.#end.promise;
  }

  /** Ends the process because of a limit or a request. */
  end(cause: Cause): void {
    if (this.#cause !== null) return;
    this.#cause = cause;
    this.#signal('SIGTERM');
    this.#after(killAfterMs, () => this.#signal('SIGKILL'));
  }

  #limit(reason: string): void {
    this.end({ kind: 'ended', reason });
  }

  #listen(hooks: ProcessHooks): void {
    const child = this.#child;
    child.stdin.on('error', () => undefined); // The program did not read its input.
    child.stdin.end(this.#spec.input);
    child.stdout.on('data', (chunk: Buffer) => {
      this.#silence.refresh();
      if (this.#cause !== null) return;
      const problem = hooks.onOutput(chunk);
      if (problem !== null) this.#limit(problem);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      this.#silence.refresh();
      hooks.onErrorOutput(chunk);
    });
    child.once('error', (error) => {
      if (child.pid === undefined) this.#finish({ kind: 'unstarted', reason: error.message });
    });
    // Descendants that are left would keep the output open.
    child.once('exit', () => {
      this.#signal('SIGKILL');
      this.#after(drainMs, () => {
        child.stdout.destroy();
        child.stderr.destroy();
      });
    });
    child.once('close', (code, signal) => {
      this.#finish(
        this.#cause ??
          (code === null ? { kind: 'killed', signal: String(signal) } : { kind: 'exited', code }),
      );
    });
  }

  #finish(end: ProcessEnd): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#end.resolve(end);
  }

  #watchMemory(): void {
    const { memoryBytes } = this.#spec;
    const { pid } = this.#child;
    if (memoryBytes === null || pid === undefined) return;
    const timer = setInterval(() => {
      const used = groupMemoryBytes(pid, memoryBytes);
      if (used <= memoryBytes) return;
      this.#limit(
        `used ${memoryText(used)} of memory, and trainer.memory is ${memoryText(memoryBytes)}; raise it, or let the program use less`,
      );
    }, memoryCheckMs);
    this.#timers.push(timer);
  }

  #after(ms: number, act: () => void): NodeJS.Timeout {
    // Longer delays than 2^31 - 1 ms fire at once.
    const timer = setTimeout(act, Math.min(ms, 2 ** 31 - 1));
    this.#timers.push(timer);
    return timer;
  }

  /** To the whole group, which has the id of its first process. */
  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // All processes of the group have ended.
    }
  }
}
