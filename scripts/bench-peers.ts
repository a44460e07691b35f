/**
 * Peer benchmark (`npm run bench:peers`): times numpy, PyTorch and JAX next to Ridgeline's kernels.
 *
 *     npm run -s bench:peers -- --scripts DIR --data DIR [--python PATH] [--cpu N]
 *
 * DIR of the scripts holds `numpy_trainer.py`, `torch_trainer.py` (solo) and `numpy_pack_trainer.py`,
 * `jax_pack_trainer.py`, `jax_vmap_trainer.py` (packs of 8): each trains the same 3072-50-10 network with
 * batches of 100 in one thread and prints one line of JSON with `peer` and `ms_per_step` for each trial.
 * DIR of the data has CIFAR-10's binary files. A peer that cannot run (a library is missing) is left out.
 *
 * Ridgeline is timed before and after each peer, so that both have the same conditions. Means over steps
 * are compared, since peers print means. On a shared machine only the ratios are meaningful.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { flagsOrEnd, wrongUsage } from './bench-flags.ts';
import { alone, measure, nativeWidths, noiseImages, type Case } from './bench-trainer.ts';

const usage =
  'npm run -s bench:peers -- --scripts DIR --data DIR [--python PATH] [--cpu N] [--step-size 250]';
const flags = flagsOrEnd(usage, {
  scripts: { type: 'string' },
  data: { type: 'string' },
  python: { type: 'string', default: 'python3' },
  cpu: { type: 'string' },
  'step-size': { type: 'string', default: '250' },
});

const peers = [
  { script: 'numpy_trainer.py', pack: 1 },
  { script: 'torch_trainer.py', pack: 1 },
  { script: 'numpy_pack_trainer.py', pack: 8 },
  { script: 'jax_pack_trainer.py', pack: 8 },
  { script: 'jax_vmap_trainer.py', pack: 8 },
];

const images = noiseImages();
const kernels = (['portable', 'native'] as const).filter(
  (kernel) => kernel === 'portable' || nativeWidths().length > 0,
);

interface PeerTime {
  readonly peer: string;
  readonly ms: number;
}

function runPeer(scripts: string, data: string, script: string): PeerTime | string {
  const size = flags['step-size'];
  const command = [flags.python, script, '--data', data, '--cycles', '1', '--step-size', size];
  const pinned = flags.cpu === undefined ? command : ['taskset', '-c', flags.cpu, ...command];
  const [program = '', ...rest] = pinned;
  const { status, stdout, stderr, error } = spawnSync(program, rest, {
    cwd: scripts,
    encoding: 'utf8',
  });
  if (error) return error.message;
  const last = stdout.trim().split('\n').at(-1) ?? '';
  if (status !== 0) return stderr.trim().split('\n').at(-1) ?? `exit code ${status}`;
  const result = parsed(last);
  if (typeof result !== 'object' || result === null) return `printed ${last}`;
  const { peer, ms_per_step: ms }: { peer?: unknown; ms_per_step?: unknown } = result;
  if (typeof peer !== 'string' || typeof ms !== 'number') return `printed ${last}`;
  return { peer, ms };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // The peer is left out, with its output.
  }
}

/** Milliseconds per step and trial of Ridgeline, as the mean of many steps. */
function ours(kernel: Case['kernel'], pack: number): number {
  const c: Case = { kernel, hidden: 50, pack, batch: 100 };
  return measure(c, images, pack === 1 ? 400 : 80, alone).meanMs / pack;
}

if (flags.scripts === undefined || flags.data === undefined)
  wrongUsage(usage, '--scripts and --data are required');
for (const folder of [flags.scripts, flags.data])
  if (!existsSync(folder)) wrongUsage(usage, `folder not found: ${folder}`);

if (flags.cpu !== undefined)
  // Pins this process as well: both run on one core.
  spawnSync('taskset', ['-a', '-p', '-c', flags.cpu, String(process.pid)]);

process.stdout.write(
  `peer\tpack\tpeer ms/trial\t${kernels.map((k) => `${k} ms/trial\ttimes as fast`).join('\t')}\n`,
);
for (const { script, pack } of peers) {
  if (!existsSync(join(flags.scripts, script))) continue;
  process.stderr.write(`${script}\n`);
  const before = kernels.map((kernel) => ours(kernel, pack));
  const result = runPeer(resolve(flags.scripts), resolve(flags.data), script);
  if (typeof result === 'string') {
    process.stderr.write(`  left out: ${result}\n`);
    continue;
  }
  const cells = kernels.flatMap((kernel, i) => {
    const ms = ((before[i] ?? 0) + ours(kernel, pack)) / 2;
    return [ms.toFixed(2), (result.ms / ms).toFixed(2)];
  });
  process.stdout.write(`${[result.peer, pack, result.ms.toFixed(2), ...cells].join('\t')}\n`);
}
