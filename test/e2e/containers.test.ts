/**
 * Containers: the commands of `compose.yaml` under the settings of `Containerfile`, as processes in namespaces:
 * a read-only root, the user without a name, the volumes, a limit of memory. No container program is needed;
 * needs root, and is skipped without.
 */
import { execFileSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, inject, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { scratchDir, startWords, type Running } from './support/processes.ts';

interface Service {
  readonly command: string;
  readonly volumes: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly deploy?: { readonly replicas: number };
  readonly init: boolean;
  readonly read_only: boolean;
  readonly mem_limit: string;
}

const containerfile = readFileSync('Containerfile', 'utf8');
const { services } = parse(readFileSync('compose.yaml', 'utf8')) as {
  readonly services: Readonly<Record<'coordinator' | 'worker', Service>>;
};
/** The last value of an instruction. */
const instruction = (name: string): string =>
  [...containerfile.matchAll(new RegExp(`^${name} (.+)$`, 'gm'))].at(-1)?.[1] ?? '';
const user = instruction('USER').split(':').map(Number) as [number, number];
const variables = Object.fromEntries(
  instruction('ENV')
    .split(' ')
    .map((pair) => pair.split('=') as [string, string]),
);
const entry = JSON.parse(instruction('ENTRYPOINT')) as string[];

const tag = `rlc${process.pid % 100_000}`;
const quietly = { stdio: 'pipe' } as const;

function canIsolate(): boolean {
  try {
    execFileSync('ip', ['netns', 'add', `${tag}-try`], quietly);
    execFileSync('ip', ['netns', 'del', `${tag}-try`], quietly);
    execFileSync(
      'unshare',
      ['--mount', '--pid', '--fork', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'],
      quietly,
    );
    return true;
  } catch {
    return false;
  }
}

const isPossible = process.platform === 'linux' && process.getuid?.() === 0 && canIsolate();
if (!isPossible) process.stderr.write('skipped: containers need root, `ip netns` and `unshare`\n');

/** The kernel frees a control group a little after its last process has ended, and reports no event. */
async function removeGroup(group: string): Promise<void> {
  for (;;) {
    try {
      rmdirSync(group);
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EBUSY')) throw error;
      await setTimeout(50);
    }
  }
}

/** Folder of a control group with the limit of memory; null if this machine has no such groups. */
function limitMemory(name: string, limit: string): string | null {
  const bytes = String(Number.parseInt(limit, 10) * 2 ** 30);
  for (const [root, file] of [
    ['/sys/fs/cgroup/memory', 'memory.limit_in_bytes'],
    ['/sys/fs/cgroup', 'memory.max'],
  ] as const) {
    const group = join(root, name);
    try {
      mkdirSync(group);
      onTestFinished(async () => await removeGroup(group));
      writeFileSync(join(group, file), bytes);
      return group;
    } catch {
      // The other version of control groups, or none that can be changed.
    }
  }
  return null;
}

/** Builds the root of a container in `$1`, enters it as its user, and executes the rest of the arguments. The shell
 * stays as PID 1, as the init process of `init: true` does: the container ends with it. */
const enter = `
set -e
root=$1; shift
mount --make-rprivate /
mount -t tmpfs tmpfs "$root"
for folder in /usr /etc /bin /lib /lib64 $BOUND; do
  [ -e "$folder" ] || continue
  mkdir -p "$root$folder"; mount --rbind "$folder" "$root$folder"; mount -o remount,bind,ro "$root$folder"
done
mkdir -p "$root/dev" "$root/proc" "$root/opt/ridgeline/bin"
mount --rbind /dev "$root/dev"; mount -t proc proc "$root/proc"
printf '#!/bin/sh\\nexec %s %s "$@"\\n' "$NODE" "$PROGRAM" > "$root/opt/ridgeline/bin/ridgeline"
chmod 755 "$root/opt/ridgeline/bin/ridgeline"
mount --bind "$HOSTS" "$root/etc/hosts"
for volume in $VOLUMES; do
  IFS=: read -r source target mode <<< "$volume"
  mkdir -p "$root$target"; mount --bind "$source" "$root$target"
  [ "$mode" != ro ] || mount -o remount,bind,ro "$root$target"
done
mount -o remount,ro "$root"
[ -z "$GROUP" ] || echo $$ > "$GROUP/cgroup.procs"
chroot "$root" setpriv --reuid "$USER_ID" --regid "$GROUP_ID" --clear-groups --no-new-privs env -i $VARIABLES "$@"
exit $?
`;

class Compose {
  readonly #dir = scratchDir();
  readonly #network = `${tag}-net`;

  constructor() {
    execFileSync('ip', ['netns', 'add', this.#network], quietly);
    onTestFinished(() => void execFileSync('ip', ['netns', 'del', this.#network], quietly));
    execFileSync('ip', ['-n', this.#network, 'link', 'set', 'lo', 'up'], quietly);
    writeFileSync(join(this.#dir, 'hosts'), '127.0.0.1 localhost coordinator\n');
  }

  /** Starts a command in a new container of the service. */
  run(name: string, service: Service, command: readonly string[]): Running {
    const root = join(this.#dir, name);
    mkdirSync(root);
    const program = inject('program') ?? resolve('src/cli/main.ts');
    const isolated = [
      'unshare',
      '--mount',
      '--pid',
      '--fork',
      '--kill-child=KILL',
      'bash',
      '-c',
      enter,
      'bash',
      root,
    ];
    // Unlike `ip netns exec`, it keeps /sys, where control groups are.
    const network = ['nsenter', `--net=/run/netns/${this.#network}`];
    return startWords([...network, ...isolated, ...command], {
      env: {
        NODE: process.execPath,
        PROGRAM: program,
        BOUND: [resolve('.'), realpathSync('node_modules'), dirname(process.execPath)].join(' '),
        HOSTS: join(this.#dir, 'hosts'),
        VOLUMES: service.volumes.map((volume) => this.#volume(volume)).join(' '),
        GROUP: limitMemory(`${tag}-${name}`, service.mem_limit) ?? '',
        USER_ID: String(user[0]),
        GROUP_ID: String(user[1]),
        VARIABLES: Object.entries(variables)
          .map((pair) => pair.join('='))
          .join(' '),
      },
    });
  }

  /** A folder for a named volume, owned as those of the image; a path of the project for others. */
  #volume(text: string): string {
    const [source = '', target = '', mode = 'rw'] = text.split(':');
    if (source.startsWith('.')) return [resolve(source), target, mode].join(':');
    const folder = join(this.#dir, `volume-${source}`);
    if (!existsSync(folder)) {
      mkdirSync(folder, { mode: 0o700 });
      chownSync(folder, ...user);
    }
    return [folder, target, mode].join(':');
  }
}

test.runIf(isPossible)(
  'the services of compose.yaml run a study to its end, with a read-only root and without a user name',
  async () => {
    const { coordinator, worker } = services;
    expect([coordinator, worker].map(({ read_only, init }) => [read_only, init])).toEqual([
      [true, true],
      [true, true],
    ]);
    const compose = new Compose();
    const command = (service: Service): string[] => [...entry, ...service.command.split(' ')];
    const head = compose.run('coordinator', coordinator, command(coordinator));
    await head.prints(/ridgeline worker --join @\/state\/ridgeline\/worker\.join/);
    const [kind, ...check] = coordinator.healthcheck?.test ?? [];
    expect(kind).toBe('CMD');
    const healthy = compose.run('health', coordinator, check);
    expect((await healthy.finished).code, healthy.stderr).toBe(0);
    const nodes = Array.from({ length: worker.deploy?.replicas ?? 1 }, (_, index) =>
      compose.run(`worker-${index + 1}`, worker, command(worker)),
    );
    expect(nodes).toHaveLength(2);
    for (const node of nodes) await node.prints(/joined .* as /);
    await head.prints(/quickstart is complete/);
    const results = compose.run('results', coordinator, [
      ...entry,
      'results',
      'quickstart',
      '--format',
      'json',
    ]);
    const { code, stdout, stderr } = await results.finished;
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ study: 'quickstart', status: 'complete' });
  },
);
