/** Measured coordinator: a coordinator in another process, measured from /proc. Linux only. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const clockTicksPerSecond = 100;
const pageBytes = 4_096;

export class MeasuredCoordinator {
  readonly #child: ChildProcess;
  readonly stateDir: string;

  private constructor(child: ChildProcess, stateDir: string) {
    this.#child = child;
    this.stateDir = stateDir;
  }

  /**
   * @param nodeFlags flags of its process
   * @param stateDir of a coordinator that was killed; a new one by default
   */
  static async start(
    nodeFlags: readonly string[],
    stateDir = mkdtempSync(join(tmpdir(), 'ridgeline-bench-')),
  ): Promise<MeasuredCoordinator> {
    const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
    const child = spawn(
      process.execPath,
      [
        ...nodeFlags,
        main,
        'coordinator',
        '--quiet',
        '--listen',
        '127.0.0.1:0',
        '--state',
        stateDir,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    process.once('SIGINT', () => {
      child.kill('SIGKILL');
      rmSync(stateDir, { recursive: true, force: true });
      process.exit(130);
    });
    const [line] = await Promise.race([
      once(createInterface({ input: child.stdout }), 'line'),
      once(child, 'exit'),
    ]);
    if (!String(line).includes('--join')) throw new Error(`unexpected: ${String(line)}`);
    return new MeasuredCoordinator(child, stateDir);
  }

  /** CPU time of all its threads, user and system. */
  cpuSeconds(): number {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / clockTicksPerSecond;
  }

  residentBytes(): number {
    const fields = readFileSync(`/proc/${this.#child.pid}/statm`, 'utf8').split(' ');
    return Number(fields[1]) * pageBytes;
  }

  /** The most memory so far. */
  peakBytes(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1_024;
  }

  /** Ends its process; the state directory stays. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    process.removeAllListeners('SIGINT');
    this.#child.kill(signal);
    await once(this.#child, 'exit');
  }

  async stop(): Promise<void> {
    await this.end('SIGTERM');
    rmSync(this.stateDir, { recursive: true });
  }
}
