/** Architecture: imports point one way, pure rooms do no I/O, files are small, and nothing unfinished is published. */
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { kernelFiles, purePackages, rooms, type Room } from '../scripts/architecture.ts';

const linesMax = 300;

const sources = globSync('src/**/*.{ts,tsx}').filter(
  (path) => !path.includes('/assembly/') && !path.includes('/generated/'),
);
const pattern = /(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g;

interface Import {
  readonly path: string;
  /** Package, or the imported file from the root of the repository. */
  readonly target: string;
}

const imports: readonly Import[] = sources.flatMap((path) =>
  [...readFileSync(path, 'utf8').matchAll(pattern)].map(([, target = '']) => ({
    path,
    target: target.startsWith('.') ? normalize(join(dirname(path), target)) : target,
  })),
);

function roomFor(path: string): Room {
  const found = rooms.find(({ name }) => path.startsWith(`src/${name}/`));
  if (found === undefined) throw new Error(`${path} is in no room of scripts/architecture.ts`);
  return found;
}

/** The sub-room of a file; null for files that are directly in their room. */
function subRoomFor(path: string): string | null {
  const [, , subRoom, file] = path.split('/');
  return file === undefined ? null : (subRoom ?? null);
}

const trespasses = (isWrong: (from: Import) => boolean): string[] =>
  imports.filter(isWrong).map(({ path, target }) => `${path} -> ${target}`);

describe('the rooms (folders of src)', () => {
  test('are all in the table of scripts/architecture.ts, and the test finds their imports', () => {
    const folders = new Set(sources.map((path) => path.split('/')[1] ?? ''));
    expect(folders).toEqual(new Set(rooms.map(({ name }) => name)));
    expect(imports).toContainEqual({
      path: 'src/coordinator/core/dispatcher.ts',
      target: 'src/base/assert.ts',
    });
  });

  test('import only the rooms that the table allows', () => {
    expect(
      trespasses(({ path, target }) => {
        if (!target.startsWith('src/')) return false;
        const from = roomFor(path);
        const to = roomFor(target);
        return from !== to && !from.imports.includes(to.name);
      }),
    ).toEqual([]);
  });

  test('have sub-rooms that import only the sub-rooms that the table allows', () => {
    expect(
      trespasses(({ path, target }) => {
        if (!target.startsWith('src/') || roomFor(path) !== roomFor(target)) return false;
        const [from, to] = [subRoomFor(path), subRoomFor(target)];
        if (from === null || to === null || from === to) return false;
        return !(roomFor(path).subRooms[from]?.includes(to) ?? to === 'generated');
      }).filter((line) => !line.includes('/generated/')),
    ).toEqual([]);
  });

  test('and their sub-rooms have no import cycles', () => {
    const cycles = (graph: ReadonlyMap<string, readonly string[]>): string[] => {
      const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
        (graph.get(from) ?? []).some((next) => {
          if (next === to) return true;
          if (seen.has(next)) return false;
          seen.add(next);
          return reaches(next, to, seen);
        });
      return [...graph.keys()].filter((name) => reaches(name, name));
    };
    expect(cycles(new Map(rooms.map((room) => [room.name, room.imports])))).toEqual([]);
    for (const { subRooms } of rooms) expect(cycles(new Map(Object.entries(subRooms)))).toEqual([]);
  });

  test('that are pure import neither Node nor packages that do I/O', () => {
    expect(
      trespasses(
        ({ path, target }) =>
          roomFor(path).isPure &&
          !target.startsWith('src/') &&
          !purePackages.includes(target) &&
          !kernelFiles.includes(path),
      ),
    ).toEqual([]);
  });

  test('use generated code only in rpc', () => {
    expect(
      trespasses(
        ({ path, target }) => target.includes('/generated/') && roomFor(path).name !== 'rpc',
      ),
    ).toEqual([]);
  });
});

describe('the source files', () => {
  test('have no meaningless names such as utils.ts or index.ts', () => {
    const vague = sources.filter((path) =>
      /\/(utils?|helpers?|common|types|constants|index|manager)\.ts$/.test(path),
    );
    expect(vague).toEqual([]);
  });

  test(`have at most ${linesMax} lines`, () => {
    const long = sources
      .map((path) => ({ path, lines: readFileSync(path, 'utf8').trimEnd().split('\n').length }))
      .filter(({ lines }) => lines > linesMax);
    expect(long).toEqual([]);
  });

  test('begin with a comment that defines the module', () => {
    const silent = sources.filter(
      (path) => !/^(?:import [^;]+;\s*)*\s*\/\*\*/.test(readFileSync(path, 'utf8')),
    );
    expect(silent).toEqual([]);
  });

  test('of coordinator, rpc, store, worker and study do not name λ, apart from the shorthand and the views', () => {
    const named = [...sources, ...globSync('src/**/*.sql')]
      .filter((path) => /^src\/(coordinator|rpc|store|worker|study)\//.test(path))
      .filter((path) => /lambda/i.test(readFileSync(path, 'utf8')));
    expect(named.toSorted()).toEqual([
      'src/store/sqlite/measurements-view.ts',
      'src/store/sqlite/migrate-version-5.ts',
      'src/store/sqlite/ranked-view.ts',
      'src/study/spec/search-rules.ts',
      'src/study/spec/stage-search.ts',
      'src/study/spec/study-rules.ts',
      'src/study/spec/study-schema.ts',
    ]);
  });
});

describe('the published files', () => {
  const files = execFileSync('git', ['ls-files'], { encoding: 'utf8' })
    .split('\n')
    .filter((path) => path !== '' && existsSync(path));

  test('have no download address in the lock file', () => {
    expect(readFileSync('package-lock.json', 'utf8')).not.toMatch(/"resolved": "http/);
  });

  test('have no marks of unfinished work', () => {
    // Written so that this file does not match.
    const marks = /\b(?:T[O]DO|F[I]XME|X[X]X|H[A]CK)\b/;
    const unfinished = files
      .filter((path) => /^(src|scripts|test|proto)\/.*\.(ts|mjs|proto)$/.test(path))
      .filter((path) => marks.test(readFileSync(path, 'utf8')));
    expect(unfinished).toEqual([]);
  });
});
