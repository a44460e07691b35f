/** Key reference: the keys of a file for a terminal, each with its meaning, and its type, bounds and default. */
import { paragraph, printable, type TextOptions } from '../text/text-options.ts';

/** A key, as `stages[].name`; its type, bounds and default; its meaning. */
export interface KeyText {
  readonly key: string;
  readonly value: string;
  readonly description: string;
}

export function formatKeys(keys: readonly KeyText[], options: TextOptions): string {
  const lines = keys.flatMap(({ key, value, description }) => [
    options.color('bold', printable(key, options)),
    ...paragraph(`    ${description}`, options, null, '    '),
    ...paragraph(`    ${value}`, options, 'dim', '    '),
  ]);
  return `${lines.join('\n')}\n`;
}
