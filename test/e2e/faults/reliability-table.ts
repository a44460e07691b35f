/** Reliability table: the table of `docs/reliability.md`, filled and printed by the long tests. */
import { writeFileSync } from 'node:fs';
import type { Findings } from './checker.ts';

export interface ReliabilityRow {
  readonly promise: string;
  readonly fault: string;
  readonly times: number;
  readonly lost: number | null;
  readonly twice: number | null;
  /** The slowest case, such as `3.2 s to the next result`. */
  readonly slowest: string;
}

const rows: ReliabilityRow[] = [];

export function addRow(row: ReliabilityRow): void {
  rows.push(row);
  write(`\n${rowText(row)}\n`);
}

/** Numbers of several checks together. */
export function counted(findings: readonly Findings[]): { lost: number; twice: number } {
  return {
    lost: findings.reduce((sum, { lost }) => sum + lost.length, 0),
    twice: findings.reduce((sum, { twice }) => sum + twice.length, 0),
  };
}

/** Prints the table, and writes it to the file in RIDGELINE_RELIABILITY_TABLE. */
export function printTable(): void {
  const text = [
    '| promise | fault injected | times | lost | counted twice | slowest |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.toSorted((a, b) => a.promise.localeCompare(b.promise)).map(rowText),
  ].join('\n');
  write(`\n${text}\n`);
  const file = process.env['RIDGELINE_RELIABILITY_TABLE'];
  if (file !== undefined) writeFileSync(file, `${text}\n`);
}

function rowText({ promise, fault, times, lost, twice, slowest }: ReliabilityRow): string {
  return `| ${[promise, fault, times, lost ?? '-', twice ?? '-', slowest].join(' | ')} |`;
}

function write(text: string): void {
  process.stderr.write(text);
}

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
