/** The columns of a view that docs/store.md describes. */
import { readFileSync } from 'node:fs';

export const storeDocumentation = readFileSync('docs/store.md', 'utf8');

/** @param view the heading of its section */
export function documentedColumns(view: string): string[] {
  const [, section = ''] = storeDocumentation.split(`## ${view}\n`);
  return section
    .split('\n## ')[0]!
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) =>
      [...(line.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name!),
    );
}
