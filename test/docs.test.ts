/** Documentation: links lead somewhere, the README is short, and every page is reachable. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';

const pages = globSync([
  '*.md',
  'docs/**/*.md',
  'examples/**/*.md',
  '.github/**/*.md',
  'src/**/*.md',
]);

/** Targets of links and images in a page, without code blocks. */
function linksIn(page: string): string[] {
  const text = readFileSync(page, 'utf8')
    .replaceAll(/```[^]*?```/g, '')
    .replaceAll(/`[^`\n]*`/g, '');
  const inline = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  const html = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, target = '']) => target);
  return [...inline, ...html];
}

/** Anchors of a page's headings, as code hosts make them. */
function anchorsIn(page: string): string[] {
  return [...readFileSync(page, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-'),
  );
}

describe('the documentation', () => {
  test('has no link to a file or heading that does not exist', () => {
    const broken = pages.flatMap((page) =>
      linksIn(page)
        .filter((target) => !/^(https?|mailto):/.test(target))
        .filter((target) => {
          const [path = '', anchor] = target.split('#');
          const file = path === '' ? page : normalize(join(dirname(page), path));
          if (!existsSync(file)) return true;
          return anchor !== undefined && !anchorsIn(file).includes(anchor);
        })
        .map((target) => `${page}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  test('can be reached from the README', () => {
    const reached = new Set(['README.md']);
    for (const page of reached) {
      if (!page.endsWith('.md') || !existsSync(page)) continue;
      for (const target of linksIn(page)) {
        const [path = ''] = target.split('#');
        if (path !== '' && !/^(https?|mailto):/.test(path))
          reached.add(normalize(join(dirname(page), path)));
      }
    }
    const lost = pages.filter((page) => page.startsWith('docs/') && !reached.has(page));
    expect(lost).toEqual([]);
  });

  test('begins with a README of at most 90 lines whose output fits 100 columns', () => {
    const lines = readFileSync('README.md', 'utf8').trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(90);
    const blocks = readFileSync('README.md', 'utf8').match(/```[^]*?```/g) ?? [];
    const wide = blocks.flatMap((block) => block.split('\n')).filter((line) => line.length > 100);
    expect(wide).toEqual([]);
  });

  test('has pages on extending of at most 40 lines each', () => {
    const long = globSync('docs/extending/*.md').filter(
      (page) => readFileSync(page, 'utf8').trimEnd().split('\n').length > 40,
    );
    expect(long).toEqual([]);
  });

  test('has decision records with a number of their own, in the file name, the title and the list', () => {
    const list = readFileSync('docs/decisions/README.md', 'utf8');
    const listed = [...list.matchAll(/^\| (\d+) \| \[.*?\]\(([^)]+)\)/gm)].map(
      ([, number, name]) => `${number} ${name}`,
    );
    const records = globSync('docs/decisions/[0-9]*.md').toSorted();
    const found = records.map((page) => {
      const [, number = ''] = /^# (\d+)\. /.exec(readFileSync(page, 'utf8')) ?? [];
      return `${number} ${basename(page)}`;
    });
    expect(found.filter((text) => !/^(\d+) 0*\1-/.test(text))).toEqual([]);
    const numbers = found.map((text) => Number.parseInt(text, 10));
    expect(numbers.filter((number, at) => numbers.indexOf(number) !== at)).toEqual([]);
    expect(listed.toSorted()).toEqual(found.toSorted());
  });
});
