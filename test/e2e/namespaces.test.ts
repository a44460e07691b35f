/**
 * Nodes as separate machines: each has a network namespace with its own address, and shares no folders.
 * Needs root and `ip`; otherwise skipped.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  fingerprint,
  ridgeline,
  scratchDir,
  start,
  writeStudy,
  type ResultsJson,
} from './support/processes.ts';

const tag = `rl${process.pid % 100_000}`;

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: 'pipe' });
}

/** Whether this machine allows network namespaces. */
function canMakeNamespaces(): boolean {
  try {
    ip('netns', 'add', `${tag}-try`);
    ip('netns', 'del', `${tag}-try`);
    return true;
  } catch {
    return false;
  }
}

const possible = process.platform === 'linux' && process.getuid?.() === 0 && canMakeNamespaces();
if (!possible)
  process.stderr.write('skipped: nodes in network namespaces need root and `ip netns`\n');

/** Namespaces of a coordinator and two nodes; each node has its own link to the coordinator. */
function makeHosts(): { head: string; nodes: readonly string[]; address: string } {
  const head = `${tag}-head`;
  const nodes = [`${tag}-n1`, `${tag}-n2`];
  onTestFinished(() => {
    for (const name of [head, ...nodes]) {
      try {
        ip('netns', 'del', name);
      } catch {
        // It does not exist.
      }
    }
  });
  for (const name of [head, ...nodes]) {
    ip('netns', 'add', name);
    ip('-n', name, 'link', 'set', 'lo', 'up');
  }
  ip('-n', head, 'link', 'add', 'hub', 'type', 'bridge');
  ip('-n', head, 'addr', 'add', '10.77.0.1/24', 'dev', 'hub');
  ip('-n', head, 'link', 'set', 'hub', 'up');
  for (const [index, name] of nodes.entries()) {
    ip(
      '-n',
      head,
      'link',
      'add',
      `port${index}`,
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'netns',
      name,
    );
    ip('-n', head, 'link', 'set', `port${index}`, 'master', 'hub', 'up');
    ip('-n', name, 'addr', 'add', `10.77.0.${index + 2}/24`, 'dev', 'eth0');
    ip('-n', name, 'link', 'set', 'eth0', 'up');
  }
  return { head, nodes, address: '10.77.0.1:7070' };
}

test.skipIf(!possible)(
  'two nodes with separate addresses receive the data over the network and give the results of one machine',
  async () => {
    const dir = scratchDir();
    const study = writeStudy(dir, { name: 'hosts', trials: 10, cycles: 5 });
    const alone = await ridgeline([
      'run',
      study,
      '--state',
      join(dir, 'alone'),
      '--workers',
      '1',
      '--format',
      'json',
    ]);
    const { head, nodes, address } = makeHosts();
    const inside = (name: string) => ({ prefix: ['ip', 'netns', 'exec', name] });
    const state = join(dir, 'state');
    const coordinator = start(['coordinator', '--listen', address, '--state', state], inside(head));
    const joinFile = (await coordinator.prints(/ridgeline worker --join @(\S+)/))[1]!;
    const line = readFileSync(joinFile, 'utf8');
    expect(line).toContain(address);
    const workers = nodes.map((name, index) =>
      start(
        [
          'worker',
          '--join',
          '-',
          '--threads',
          '1',
          '--pack',
          '1',
          '--name',
          `node${index + 1}`,
          '--cache',
          join(dir, name),
        ],
        { ...inside(name), input: line },
      ),
    );
    await Promise.all(
      workers.map((_, index) => coordinator.prints(RegExp(`node${index + 1} joined`))),
    );
    start(['submit', study, '--state', state], inside(head));
    await coordinator.prints(/hosts is complete/);
    const results = await ridgeline(['results', 'hosts', '--state', state, '--format', 'json']);
    const found = JSON.parse(results.stdout) as ResultsJson;
    expect(fingerprint(found)).toEqual(fingerprint(JSON.parse(alone.stdout) as ResultsJson));
    expect(new Set(found.stages.flatMap((stage) => stage.trials).map((row) => row.worker))).toEqual(
      new Set(['node1', 'node2']),
    );
    for (const process_ of [coordinator, ...workers]) process_.kill('SIGTERM');
    for (const process_ of [coordinator, ...workers])
      expect((await process_.finished).code).toBe(0);
  },
);
