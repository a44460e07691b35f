/**
 * Generated files: JSON schemas, and the tables of `docs` that are made from them. Each is written, or with
 * --check compared with the file; a difference ends the process with exit code 1.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { format } from 'prettier';
import type { KeyRow, Schema } from '../src/config/schema-keys.ts';

/** @param path from the root of the repository */
export async function writeSchema(path: string, schema: Schema): Promise<void> {
  const text = await format(JSON.stringify(schema), { parser: 'json', printWidth: 100 });
  writeGenerated(path, text);
}

const end = '<!-- end of generated text -->';

/**
 * Replaces the text after the comment `<!-- generated: TITLE -->`.
 *
 * @param path from the root of the repository
 */
export function writeSection(path: string, title: string, content: string): void {
  const start = `<!-- generated: ${title} -->`;
  const [before = '', rest] = readFileSync(toAbsolute(path), 'utf8').split(start);
  if (rest === undefined) throw new Error(`${path} has no line ${start}`);
  writeGenerated(path, `${before}${start}\n\n${content}\n\n${rest.slice(rest.indexOf(end))}`);
}

export function writeGenerated(path: string, text: string): void {
  const file = toAbsolute(path);
  if (!process.argv.includes('--check')) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  } else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    process.stderr.write(
      `${path} is not current\n  fix: Run \`npm run generate\` and commit the result.\n`,
    );
    process.exitCode = 1;
  }
}

function toAbsolute(path: string): string {
  return join(import.meta.dirname, '..', path);
}

/** A table of Markdown. */
export function keyTable(rows: readonly KeyRow[], head = 'key'): string {
  const lines = rows.map(
    ({ key, value, description }) => `| \`${key}\` | ${value} | ${description} |`,
  );
  return [`| ${head} | value | meaning |`, '| --- | --- | --- |', ...lines].join('\n');
}
