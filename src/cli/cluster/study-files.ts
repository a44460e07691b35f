/**
 * Study files: files that the dashboard offers for download, and that clients request. The commands `results`,
 * `chart` and `report` write them, each in its own process, so that a large report does not delay the
 * coordinator.
 */
import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { RidgelineError, isErrorCode } from '../../base/errors.ts';
import { childFlags } from '../../launch/process-flags.ts';
import type { ResultsRequest } from '../../rpc/server/handlers.ts';
import type { StudyFile } from '../../web/live-cluster.ts';
import type { DownloadName } from '../../web/page-messages.ts';
import { stateDirectory, type Context } from '../process/context.ts';

/** The command that writes each file, without the study and the output. */
const commands: Readonly<Record<DownloadName, (study: string) => readonly string[]>> = {
  'results.csv': (study) => ['results', study, '--format', 'csv'],
  'results.json': (study) => ['results', study, '--format', 'json'],
  'results.parquet': (study) => ['results', study, '--format', 'parquet'],
  'measurements.csv': (study) => ['results', study, '--curves', '--format', 'csv'],
  'scatter.svg': (study) => ['chart', study, 'scatter'],
  'scatter.png': (study) => ['chart', study, 'scatter'],
  'slices.svg': (study) => ['chart', study, 'slices'],
  'slices.png': (study) => ['chart', study, 'slices'],
  'curves.svg': (study) => ['chart', study, 'curves'],
  'curves.png': (study) => ['chart', study, 'curves'],
  'report.html': (study) => ['report', study],
};

/** Most processes at one time, and the longest time of one. */
const processesMax = 2;
const timeoutMs = 300_000;
/** Makes a command report its error as one line of JSON. */
const jsonLog = { RIDGELINE_LOG_FORMAT: 'json' };
/** Requests of clients that may wait for a process. */
const waitingMax = 16;

export class StudyFiles {
  readonly #context: Context;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(context: Context) {
    this.#context = context;
  }

  /** @throws RidgelineError if too many are being written, or with the error of the command */
  async write(study: string, name: DownloadName): Promise<StudyFile> {
    return await this.#inTurn(0, () => this.#write(commands[name](study), name));
  }

  /**
   * The file that `ridgeline results` writes. A request waits for earlier ones.
   *
   * @throws RidgelineError COORDINATOR_UNREACHABLE if too many wait, or the error of the command
   */
  async results(request: ResultsRequest, signal: AbortSignal): Promise<StudyFile['content']> {
    const write = (): Promise<StudyFile> => this.#write(resultsArguments(request), 'file', signal);
    return (await this.#inTurn(waitingMax, write)).content;
  }

  async #inTurn<T>(waiting: number, action: () => Promise<T>): Promise<T> {
    if (this.#running < processesMax) this.#running += 1;
    else {
      if (this.#waiting.length >= waiting) throw tooManyFiles();
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    try {
      return await action();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  async #write(command: readonly string[], name: string, signal?: AbortSignal): Promise<StudyFile> {
    signal?.throwIfAborted();
    const folder = await mkdtemp(join(tmpdir(), 'ridgeline-download-'));
    try {
      const path = join(folder, name);
      await this.#run([...command, '-o', path], signal);
      const file = await open(path);
      const { size } = await file.stat();
      // The file has no name any more, and its content stays until the stream is closed.
      const content = createReadStream('', { fd: file, autoClose: true });
      return { size, content: Readable.toWeb(content) as ReadableStream<Uint8Array> };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #run(args: readonly string[], signal?: AbortSignal): Promise<void> {
    const main = fileURLToPath(new URL(`../main${extname(import.meta.url)}`, import.meta.url));
    const state = ['--state', stateDirectory(this.#context), '--quiet'];
    const child = spawn(process.execPath, [...childFlags, main, ...args, ...state], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: timeoutMs,
      signal,
      env: { ...process.env, ...jsonLog },
    });
    let text = '';
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    child.once('close', resolve);
    child.once('error', reject);
    if ((await promise) === 0) return;
    throw reportedError(text);
  }
}

/** Values are a part of their option, so that none is taken for another option. */
function resultsArguments(request: ResultsRequest): string[] {
  const { study, format, columns, replicates, curves } = request;
  const valued = { ...request, columns: columns.length === 0 ? null : columns.join(',') };
  const options = (['stage', 'top', 'where', 'sort', 'columns'] as const).flatMap((name) =>
    valued[name] === null ? [] : [`--${name}=${valued[name]}`],
  );
  const switches = Object.entries({ replicates, curves }).flatMap(([name, isOn]) =>
    isOn ? [`--${name}`] : [],
  );
  return ['results', study, `--format=${format}`, ...options, ...switches];
}

/** The error that the command has reported; its line is the last one. */
function reportedError(stderr: string): RidgelineError {
  const line = stderr.trim().split('\n').at(-1) ?? '';
  try {
    const { code, what, fix }: Readonly<Record<string, unknown>> = JSON.parse(line);
    if (isErrorCode(code)) return new RidgelineError(code, String(what), String(fix));
  } catch {
    // The process was ended, or failed before it could report an error.
  }
  return new RidgelineError(
    'OUTPUT_UNWRITABLE',
    `The file could not be written: ${line === '' ? 'its process ended without a message' : line}.`,
    'Run `ridgeline results` on the machine of the coordinator.',
  );
}

function tooManyFiles(): RidgelineError {
  return new RidgelineError(
    'COORDINATOR_UNREACHABLE',
    'The coordinator is writing other files.',
    'Try again when they are done.',
  );
}
