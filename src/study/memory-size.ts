/** Memory size: an amount of memory such as `8GB` in a study file, in powers of 1000. */
export const memoryPattern = /^[0-9]{1,6}(?:\.[0-9]{1,3})?(?:MB|GB|TB)$/;

const units = { MB: 1e6, GB: 1e9, TB: 1e12 } as const;

/** Bytes of a text that matches `memoryPattern`. */
export function memoryBytes(text: string): number {
  const unit = text.endsWith('MB') ? 'MB' : text.endsWith('GB') ? 'GB' : 'TB';
  return Math.round(Number(text.slice(0, -unit.length)) * units[unit]);
}

/** `8.00 GB`: three digits. */
export function memoryText(bytes: number): string {
  const unit = bytes < 999.5e6 ? 'MB' : bytes < 999.5e9 ? 'GB' : 'TB';
  return `${(bytes / units[unit]).toPrecision(3)} ${unit}`;
}
