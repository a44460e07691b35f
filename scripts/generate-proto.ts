/**
 * Protocol generation: generates `src/rpc/generated` from `proto/`. The result is committed, so running
 * Ridgeline needs no compiler. `--check` generates into a temporary folder, and fails if it differs.
 */
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const committed = join(root, 'src', 'rpc', 'generated');
const tool = (name: string): string => join(root, 'node_modules', '.bin', name);

const options = [
  'env=node',
  'outputServices=grpc-js',
  'esModuleInterop=true',
  'importSuffix=.ts', // Type stripping needs the file's real name.
  'oneof=unions-value',
  'forceLong=bigint', // Seeds have more bits than a float64 stores exactly.
  'enumsAsLiterals=true', // A plain `enum` cannot be stripped.
  'unrecognizedEnum=false',
  'useExactTypes=false',
  'outputJsonMethods=false',
  'outputPartialMethods=false',
];

function generate(directory: string): void {
  mkdirSync(directory, { recursive: true });
  const files = globSync('ridgeline/**/*.proto', { cwd: join(root, 'proto') }).toSorted();
  const plugin = `--plugin=protoc-gen-ts_proto=${tool('protoc-gen-ts_proto')}`;
  const flags = [`--ts_proto_out=${directory}`, `--ts_proto_opt=${options.join(',')}`];
  execFileSync(tool('protoc'), [plugin, ...flags, '-I', 'proto', ...files], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** Files that are in only one of the two directories, or differ. */
function differences(a: string, b: string): string[] {
  const names = [a, b].flatMap((directory) => globSync('**/*.ts', { cwd: directory }));
  return [...new Set(names)].filter(
    (name) => readOrNull(join(a, name)) !== readOrNull(join(b, name)),
  );
}

if (process.argv.includes('--check')) {
  const fresh = mkdtempSync(join(tmpdir(), 'ridgeline-proto-'));
  try {
    generate(fresh);
    const stale = differences(committed, fresh);
    if (stale.length > 0) {
      process.stderr.write(`src/rpc/generated is not current: ${stale.join(', ')}\n`);
      process.stderr.write('  fix: Run `node scripts/generate-proto.ts` and commit the result.\n');
      process.exitCode = 1;
    }
  } finally {
    rmSync(fresh, { recursive: true });
  }
} else {
  rmSync(committed, { recursive: true, force: true });
  generate(committed);
}
