/** Module measurement: checks what `measure` of a module returns, and packs the bits of its records. */
import type { Metrics } from '../../study/metrics.ts';
import type { MemberMeasurement } from '../trainer.ts';
import { ModuleFault } from './module-contract.ts';

export interface MeasurementRules {
  /** Names of the metrics that the module declares. */
  readonly metrics: readonly string[];
  /** The last one is the end. */
  readonly rungs: readonly number[];
  /** Number of validation records; 0: `correct` cannot be given. */
  readonly records: number;
  /** Whether metrics of the test split are measured at the last step. */
  readonly measureTest: boolean;
}

/** How far a returned accuracy may be from that of `correct`: it may be of float32. */
const accuracySlack = 1e-5;

/**
 * @param measured what a module returns, which may have any shape
 * @param extent   `partial`: metrics may be missing, as in a point of a curve between rungs
 * @throws ModuleFault
 */
export function checkMeasurement(
  measured: unknown,
  step: number,
  rules: MeasurementRules,
  extent: 'whole' | 'partial' = 'whole',
): MemberMeasurement {
  const { metrics: given, correct: marks }: Partial<Record<string, unknown>> = toRecord(
    measured,
    'a measurement',
  );
  const correct = marks === undefined ? null : toBits(marks, rules.records);
  const values = toRecord(given, 'metrics');
  const isLast = step === rules.rungs.at(-1);
  const metrics: Record<string, number> = {};
  for (const name of Object.keys(values))
    if (!rules.metrics.includes(name))
      throw new ModuleFault(`measures ${name}, which its metrics do not declare`);
  for (const name of rules.metrics) {
    const isTest = name.startsWith('test_');
    if (isTest && !(rules.measureTest && isLast)) continue;
    const value = withCounted(name, values[name], correct);
    if (value !== undefined) metrics[name] = toNumber(name, value);
    else if (extent === 'whole') throw new ModuleFault(`measures no ${name} at step ${step}`);
  }
  if (extent === 'whole' && correct === null && needsCorrect(rules))
    throw new ModuleFault(
      `measures no correct at step ${step}: a 0 or 1 for each of ${rules.records} validation records`,
    );
  return { metrics, correct: correct?.bits ?? null };
}

/** Results with a validation accuracy have a bit for each validation record. */
function needsCorrect({ metrics, records }: MeasurementRules): boolean {
  return records > 0 && metrics.includes('validation_accuracy');
}

function toRecord(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return { ...value };
  throw new ModuleFault(`measures ${what} that is no object`);
}

function toNumber(name: string, value: unknown): Metrics[string] {
  if (typeof value !== 'number')
    throw new ModuleFault(`measures ${name} ${JSON.stringify(value)}, which is no number`);
  if (name.endsWith('accuracy') && (value < 0 || value > 1))
    throw new ModuleFault(`measures ${name} ${value}; an accuracy is a share from 0 to 1`);
  return value;
}

interface Correct {
  /** Bit r (bit r % 8 of byte ⌊r / 8⌋): record r is right. */
  readonly bits: Uint8Array;
  /** Share of the records that are right. */
  readonly accuracy: number;
}

/** The validation accuracy that follows from `correct`, exactly. */
function withCounted(name: string, value: unknown, correct: Correct | null): unknown {
  if (name !== 'validation_accuracy' || correct === null) return value;
  const { accuracy } = correct;
  if (typeof value === 'number' && Math.abs(value - accuracy) > accuracySlack)
    throw new ModuleFault(
      `measures validation_accuracy ${value}, but a share of ${accuracy} is marked as correct`,
    );
  return accuracy;
}

function toBits(marks: unknown, records: number): Correct {
  const isList = Array.isArray(marks) || ArrayBuffer.isView(marks);
  const items: unknown[] = isList ? Object.values(marks) : [];
  if (!isList || items.length !== records)
    throw new ModuleFault(
      records === 0
        ? 'measures correct, but declares no records: add `records`, the number of its validation records'
        : `measures correct for ${items.length} of ${records} validation records`,
    );
  const bits = new Uint8Array(Math.ceil(records / 8));
  let count = 0;
  for (const [record, item] of items.entries()) {
    if (![0, 1, true, false].some((mark) => mark === item))
      throw new ModuleFault(`marks record ${record} with ${String(item)}; correct has 0 and 1`);
    if (item === 0 || item === false) continue;
    bits[record >> 3]! |= 1 << (record & 7);
    count += 1;
  }
  return { bits, accuracy: count / records };
}
