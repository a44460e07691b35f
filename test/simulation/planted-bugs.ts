/**
 * Planted bugs: places in the sources that the mutation gate replaces, one bug at a time.
 *
 * A comment line `// bug: <name>` marks the statement, property or operand that begins on the next line.
 * The whole of it is replaced, whatever its layout, so a formatter cannot break a planted bug.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'vite';
import { assert } from '../../src/base/assert.ts';

const marker = /^[ \t]*\/\/ bug: (?<name>[a-z0-9-]+)[ \t]*$/gm;

export interface Marker {
  readonly name: string;
  /** Relative to the repository. */
  readonly file: string;
}

/** All markers in the sources, by file and line. */
export function findMarkers(root: string): Marker[] {
  return globSync('src/**/*.ts', { cwd: root })
    .toSorted()
    .flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(marker)].map((match) => ({
        name: match.groups?.['name'] ?? '',
        file,
      })),
    );
}

/**
 * The source text with the marked places of one name replaced.
 *
 * @param replacement `…` in it is replaced by the original text
 */
export function plantBug(text: string, name: string, replacement: string): string {
  const nodes = allNodes(parseAst(text, { lang: 'ts' }));
  const places = [...text.matchAll(marker)]
    .filter(({ groups }) => groups?.['name'] === name)
    .map((match) => {
      const start = nextCode(text, match.index + match[0].length);
      const ends = nodes.filter((node) => node.start === start).map(({ end }) => end);
      assert(ends.length > 0, () => `${name}: no statement, property or operand after its marker`);
      return { start, end: Math.max(...ends) };
    });
  return places
    .toReversed()
    .reduce(
      (changed, { start, end }) =>
        changed.slice(0, start) +
        replacement.replace('…', () => text.slice(start, end)) +
        changed.slice(end),
      text,
    );
}

/** @throws SyntaxError if the text is not TypeScript */
export function checkSyntax(text: string): void {
  parseAst(text, { lang: 'ts' });
}

/** The next place that is neither space nor comment. */
function nextCode(text: string, from: number): number {
  const skipped = /^(?:\s|\/\/[^\n]*\n|\/\*[\s\S]*?\*\/)*/.exec(text.slice(from));
  return from + (skipped?.[0].length ?? 0);
}

interface Node {
  readonly start: number;
  readonly end: number;
}

function allNodes(tree: unknown): Node[] {
  const found: Node[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if (isNode(value)) found.push(value);
    for (const child of Object.values(value)) visit(child);
  };
  visit(tree);
  return found;
}

function isNode(value: object): value is Node {
  return 'type' in value && 'start' in value && 'end' in value && value !== null;
}
