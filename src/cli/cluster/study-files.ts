/**
 * Study files: the files that the dashboard offers for download. The commands `results`, `chart` and `report`
 * write them, each in a process of its own, so that a large report does not delay the coordinator.
 */
import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { RidgelineError } from '../../base/errors.ts';
import { childFlags } from '../../launch/process-flags.ts';
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
  'curves.svg': (study) => ['chart', study, 'curves'],
  'curves.png': (study) => ['chart', study, 'curves'],
  'report.html': (study) => ['report', study],
};

/** Most processes at one time, and the longest time of one. */
const processesMax = 2;
const timeoutMs = 300_000;

export class StudyFiles {
  readonly #context: Context;
  #running = 0;

  constructor(context: Context) {
    this.#context = context;
  }

  /** @throws RidgelineError if too many are being written, or with the error of the command */
  async write(study: string, name: DownloadName): Promise<StudyFile> {
    if (this.#running >= processesMax)
      throw new RidgelineError(
        'OUTPUT_UNWRITABLE',
        'Other files are being written for download.',
        'Try again when they are done.',
      );
    this.#running += 1;
    const folder = await mkdtemp(join(tmpdir(), 'ridgeline-download-'));
    try {
      const path = join(folder, name);
      await this.#run([...commands[name](study), '-o', path]);
      const file = await open(path);
      const { size } = await file.stat();
      // The file has no name any more, and its content stays until the stream is closed.
      const content = createReadStream('', { fd: file, autoClose: true });
      return { size, content: Readable.toWeb(content) as ReadableStream<Uint8Array> };
    } finally {
      this.#running -= 1;
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #run(args: readonly string[]): Promise<void> {
    const main = fileURLToPath(new URL(`../main${extname(import.meta.url)}`, import.meta.url));
    const state = ['--state', stateDirectory(this.#context), '--quiet'];
    const child = spawn(process.execPath, [...childFlags, main, ...args, ...state], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: timeoutMs,
    });
    let text = '';
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    child.once('close', resolve);
    child.once('error', reject);
    if ((await promise) === 0) return;
    const [, what = text.trim() || 'The file could not be written.', fix = ''] =
      /^ridgeline: (.*)\n\s*fix: (.*)/m.exec(text) ?? [];
    throw new RidgelineError('OUTPUT_UNWRITABLE', what, fix);
  }
}
