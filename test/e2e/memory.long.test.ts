/**
 * Peak memory of real processes with 50,000 images of CIFAR-10's size (VmHWM of Linux). The test creates
 * the files and prints the numbers.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tmpdir } from 'node:os';
import { scratchDir, start, type Running } from './support/processes.ts';

const records = 10_000;
const recordBytes = 3073;
/** Budget of a worker with this number of threads. */
const budgetBytes = (threads: number): number => 270e6 + threads * 35e6;
// Without the shared compile cache, as for users.
const env = { NODE_DISABLE_COMPILE_CACHE: '1' };

let data: string;
beforeAll(() => {
  data = mkdtempSync(join(tmpdir(), 'ridgeline-memory-'));
  const folder = join(data, 'cifar-10-batches-bin');
  mkdirSync(folder);
  for (let batch = 1; batch <= 5; batch++) {
    writeFileSync(join(folder, `data_batch_${batch}.bin`), noise(batch));
  }
  const archive = join(data, 'cifar-10-binary.tar.gz');
  execFileSync('tar', ['-I', 'gzip -1', '-cf', archive, '-C', data, 'cifar-10-batches-bin']);
  rmSync(folder, { recursive: true });
}, 300_000);
afterAll(() => rmSync(data, { recursive: true, force: true }));

/** Records with labels 0 to 9 and incompressible pixels. */
function noise(seed: number): Uint8Array {
  const words = new Uint32Array(Math.ceil((records * recordBytes) / 4));
  let state = seed;
  for (let i = 0; i < words.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    words[i] = state ^ (state >>> 13);
  }
  const bytes = new Uint8Array(words.buffer, 0, records * recordBytes);
  for (let r = 0; r < records; r++) bytes[r * recordBytes] = r % 10;
  return bytes;
}

function writeStudy(dir: string, name: string): string {
  const path = join(dir, `${name}.yaml`);
  writeFileSync(
    path,
    `study: ${name}
dataset:
  name: cifar10
  train: [data_batch_1, data_batch_2, data_batch_3, data_batch_4]
  validation: [data_batch_5]
trainer:
  hidden: 50
  batch: 100
  learning_rate: { min: 1.0e-5, max: 1.0e-1, step_size: 20 }
  cycles: 1
stages:
  - name: coarse
    trials: 16
    lambda: { distribution: log_uniform, min: 1.0e-9, max: 1.0e-1 }
`,
  );
  return path;
}

function peakBytes({ child }: Running): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1]) * 1024;
}

describe.skipIf(!existsSync('/proc/self/status'))('memory with 50,000 images (needs /proc)', () => {
  test.each([1, 2])(
    'the memory of a worker with %d threads stays within its budget, also while it receives its data',
    async (threads) => {
      const dir = scratchDir();
      const study = writeStudy(dir, 'memory');
      const options = ['--state', join(dir, 'state'), '--data-dir', data];
      const coordinator = start(['coordinator', study, '--listen', '127.0.0.1:0', ...options], {
        env,
      });
      const join_ = (await coordinator.prints(/ridgeline worker --join (@\S+)/))[1]!;
      const worker = start(
        ['worker', '--join', join_, '--threads', `${threads}`, '--cache', join(dir, 'cache')],
        { env },
      );
      await coordinator.prints(/memory.*complete/);
      const [workerPeak, coordinatorPeak] = [peakBytes(worker), peakBytes(coordinator)];
      process.stdout.write(
        `worker with ${threads} threads ${(workerPeak / 1e6).toFixed(0)} MB, coordinator ${(coordinatorPeak / 1e6).toFixed(0)} MB\n`,
      );
      expect(workerPeak).toBeGreaterThan(5 * records * (recordBytes - 1));
      expect(workerPeak).toBeLessThanOrEqual(budgetBytes(threads));
      // Not promised, but there must not be a second copy of the data.
      expect(coordinatorPeak).toBeLessThan(450e6);
      coordinator.kill('SIGTERM');
      expect((await coordinator.finished).code).toBe(0);
    },
    300_000,
  );

  test('the memory of one training run stays within the budget of one thread, also while it reads an archive', async () => {
    const study = writeStudy(scratchDir(), 'alone');
    const run = start(['train', study, '--lambda', '0.001', '--data-dir', data], { env });
    let peak = 0;
    const sampling = setInterval(() => {
      if (existsSync(`/proc/${run.child.pid}/status`)) peak = Math.max(peak, peakBytes(run) || 0);
    }, 20);
    const { code, stderr } = await run.finished;
    clearInterval(sampling);
    expect(code, stderr).toBe(0);
    process.stdout.write(`train ${(peak / 1e6).toFixed(0)} MB\n`);
    expect(peak).toBeGreaterThan(5 * records * (recordBytes - 1));
    expect(peak).toBeLessThanOrEqual(budgetBytes(1));
  }, 300_000);
});
