/** Official release: what distinguishes files from the release whose results are published. */
import type { DataWarning } from '../study/data-warning.ts';
import { cifarReleaseRecords } from './formats/cifar.ts';

/** @param shards those whose checksums were compared; at least one differs */
export function unofficialData(
  shards: readonly { readonly name: string; readonly count: number }[],
): DataWarning {
  const others = shards.filter(({ name, count }) => (cifarReleaseRecords[name] ?? count) !== count);
  const number = (count: number): string => count.toLocaleString('en-US');
  const lengths = others
    .slice(0, 2)
    .map(
      ({ name, count }) =>
        `${name} has ${number(count)} records instead of ${number(cifarReleaseRecords[name] ?? 0)}; `,
    );
  const more = others.length > 2 ? `${others.length - 2} more shards have another length; ` : '';
  const text = `This is not official CIFAR-10 (${lengths.join('')}${more}checksums differ): do not compare with published results.`;
  return { code: 'unofficial_data', text };
}
