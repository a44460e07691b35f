/** Sizes in options: `500MB`, `2GB`, `0`. */
import { Option } from 'commander';
import { bytesText } from '../../report/text/number-format.ts';
import { usageError } from './options.ts';

/** Powers of 1000, as in all output. */
const units: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
};

/** @returns bytes; NaN unless the text is a number with one of the units B, kB, MB, GB, TB, or without one */
export function bytesFrom(text: string): number {
  const { count, unit = '' } =
    /^(?<count>\d{1,15}(?:\.\d{1,3})?) ?(?<unit>[a-z]*)$/i.exec(text.trim())?.groups ?? {};
  return Math.round(Number(count) * (units[unit.toLowerCase()] ?? NaN));
}

const stateMaxDefault = 2e9;

/** `--state-max`. @param description of what is limited */
export function stateMaxOption(description: string): Option {
  return new Option('--state-max <size>', `${description}; 0: none`)
    .default(stateMaxDefault, bytesText(stateMaxDefault).replace(' ', ''))
    .argParser((text: string) => {
      const bytes = bytesFrom(text);
      if (Number.isSafeInteger(bytes)) return bytes;
      throw usageError(
        `--state-max must be a size such as 500MB or 2GB, got ${JSON.stringify(text)}.`,
        'For example: --state-max 2GB.',
      );
    });
}
