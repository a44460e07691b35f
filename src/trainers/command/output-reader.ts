/**
 * Output reader: reads the lines that a command prints, in the contract `ridgeline-trainer/1`. It does no
 * I/O: bytes come in, measurements and the end come out.
 *
 *     {"step":1500,"metrics":{"validation_accuracy":0.41}}     progress, any number of times
 *     {"done":3000,"metrics":{…},"state":"out/state","correct":"0110…","digest":"…"}
 *     {"diverged":1730}                                         instead of done
 *
 * The first line that breaks a rule is the problem of the whole output.
 */
import type { Metrics } from '../../study/metrics.ts';
import type { Measurement } from '../../study/trial.ts';

export interface OutputRules {
  /** Where training began. */
  readonly from: number;
  /** Where it ends. */
  readonly to: number;
  /** Metrics that `done` must have, and the other lines may have. */
  readonly metrics: readonly string[];
  /** Number of validation records, if `done` may have `correct`; 0: it may not. */
  readonly records: number;
  /** Whether `done` must have `state`. */
  readonly needsState: boolean;
}

export type CommandOutcome =
  | {
      readonly kind: 'done';
      readonly metrics: Metrics;
      /** Path of the state, in the working folder; null without one. */
      readonly state: string | null;
      /** Bit r (bit r % 8 of byte ⌊r / 8⌋): record r is right; null if not printed. */
      readonly correct: Uint8Array | null;
      /** 64 hexadecimal digits; null if not printed. */
      readonly digest: string | null;
    }
  | { readonly kind: 'diverged'; readonly step: number };

const outputBytesMax = 16 * 1024 * 1024;
/** Of one line that is quoted in a problem. */
const quotedMax = 120;

class LineProblem extends Error {}

export class OutputReader {
  readonly #rules: OutputRules;
  readonly #onMeasured: (measurement: Measurement) => void;
  #rest: Uint8Array[] = [];
  #bytes = 0;
  #lines = 0;
  #step: number;
  #outcome: CommandOutcome | null = null;
  #problem: string | null = null;

  constructor(rules: OutputRules, onMeasured: (measurement: Measurement) => void) {
    this.#rules = rules;
    this.#onMeasured = onMeasured;
    this.#step = rules.from;
  }

  /** What is wrong with the output so far; null if nothing is. */
  get problem(): string | null {
    return this.#problem;
  }

  /** The last step that was printed. */
  get step(): number {
    return this.#step;
  }

  push(chunk: Uint8Array): void {
    if (this.#problem !== null) return;
    this.#bytes += chunk.length;
    if (this.#bytes > outputBytesMax) {
      this.#problem = `printed more than ${outputBytesMax / 1024 / 1024} MiB; print fewer lines`;
      return;
    }
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      this.#line(Buffer.concat([...this.#rest, rest.subarray(0, end)]));
      this.#rest = [];
      rest = rest.subarray(end + 1);
    }
    if (rest.length > 0) this.#rest.push(rest);
  }

  /** The output has ended. @returns how the training ended; null if the output has a problem */
  end(): CommandOutcome | null {
    if (this.#rest.length > 0) this.#line(Buffer.concat(this.#rest));
    this.#rest = [];
    if (this.#outcome === null)
      this.#problem ??= `printed no {"done": ${this.#rules.to}, "metrics": {…}}`;
    return this.#problem === null ? this.#outcome : null;
  }

  #line(bytes: Uint8Array): void {
    this.#lines += 1;
    if (this.#problem !== null) return;
    const text = new TextDecoder().decode(bytes).trim();
    if (text === '') return;
    try {
      this.#take(parseLine(text));
    } catch (error) {
      if (!(error instanceof LineProblem)) throw error;
      const quoted = text.length > quotedMax ? `${text.slice(0, quotedMax)}…` : text;
      this.#problem = `line ${this.#lines} of its output ${error.message}: ${quoted}`;
    }
  }

  #take(line: Readonly<Record<string, unknown>>): void {
    if (this.#outcome !== null) throw new LineProblem('follows the last one');
    if ('done' in line) this.#outcome = this.#done(line);
    else if ('diverged' in line) {
      const step = stepFrom(line['diverged'], 'diverged', this.#step, this.#rules.to);
      this.#outcome = { kind: 'diverged', step };
    } else if ('step' in line) this.#progress(line);
    else throw new LineProblem('has none of the keys step, done and diverged');
  }

  #progress(line: Readonly<Record<string, unknown>>): void {
    const step = stepFrom(line['step'], 'step', this.#step, this.#rules.to);
    const metrics = this.#metrics(line['metrics'] ?? {});
    const isMeasured = Object.keys(metrics).length > 0;
    if (isMeasured && step <= this.#step)
      throw new LineProblem(`measures step ${step} after step ${this.#step}`);
    this.#step = step;
    // The last step is measured by `done`.
    if (isMeasured && step < this.#rules.to) this.#onMeasured({ step, metrics });
  }

  #done(line: Readonly<Record<string, unknown>>): CommandOutcome {
    const { to, metrics: needed, needsState } = this.#rules;
    if (line['done'] !== to)
      throw new LineProblem(`has done ${String(line['done'])} instead of ${to}`);
    const metrics = this.#metrics(line['metrics'] ?? {});
    for (const name of needed)
      if (!Object.hasOwn(metrics, name)) throw new LineProblem(`has no metric ${name}`);
    const state = textFrom(line['state'], 'state');
    if (needsState && state === null)
      throw new LineProblem('has no state, but the study has resumes: true');
    const digest = textFrom(line['digest'], 'digest')?.toLowerCase() ?? null;
    if (digest !== null && !/^[0-9a-f]{64}$/.test(digest))
      throw new LineProblem('has a digest that is not 64 hexadecimal digits');
    const correct = this.#correct(textFrom(line['correct'], 'correct'));
    return {
      kind: 'done',
      metrics: withCounted(metrics, correct, this.#rules.records),
      state,
      correct,
      digest,
    };
  }

  #metrics(value: unknown): Metrics {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new LineProblem('has metrics that are no object');
    const { metrics } = this.#rules;
    const found: Record<string, number> = {};
    const entries: [string, unknown][] = Object.entries(value);
    for (const [name, number] of entries) {
      if (!metrics.includes(name))
        throw new LineProblem(`has the metric ${name}, which trainer.metrics does not declare`);
      if (typeof number !== 'number' || !Number.isFinite(number))
        throw new LineProblem(
          `has ${name} ${JSON.stringify(number)}, not a finite number; a training whose loss is not finite prints {"diverged": STEP}`,
        );
      if (name.endsWith('accuracy') && (number < 0 || number > 1))
        throw new LineProblem(`has ${name} ${number}; an accuracy is a share from 0 to 1`);
      found[name] = number;
    }
    return found;
  }

  #correct(text: string | null): Uint8Array | null {
    const { records } = this.#rules;
    if (text === null) {
      if (records > 0)
        throw new LineProblem(`has no correct, but the study has records: ${records}`);
      return null;
    }
    if (records === 0)
      throw new LineProblem(`has correct, but the study has no trainer.records: ${text.length}`);
    if (text.length !== records || /[^01]/.test(text))
      throw new LineProblem(`has a correct that is not ${records} characters 0 and 1`);
    const bits = new Uint8Array(Math.ceil(records / 8));
    for (let i = 0; i < records; i++) if (text[i] === '1') bits[i >> 3]! |= 1 << (i & 7);
    return bits;
  }
}

function parseLine(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new LineProblem(
      /\b(?:NaN|Infinity)\b/.test(text)
        ? 'has NaN or Infinity, which JSON does not have; a training whose loss is not finite prints {"diverged": STEP}'
        : 'is no JSON; print other text to stderr',
    );
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new LineProblem('is no JSON object; print other text to stderr');
}

/** @param before the last step before */
function stepFrom(value: unknown, key: string, before: number, to: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= before && value <= to)
    return value;
  throw new LineProblem(
    `has ${key} ${JSON.stringify(value)}, not a whole number from ${before} to ${to}`,
  );
}

function textFrom(value: unknown, key: string): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return value;
  throw new LineProblem(`has a ${key} that is no text`);
}

/** How far the printed accuracy may be from that of `correct`: it may be of float32. */
const accuracySlack = 1e-5;

/** The validation accuracy that follows from `correct`, exactly. */
function withCounted(metrics: Metrics, correct: Uint8Array | null, records: number): Metrics {
  const printed = metrics['validation_accuracy'];
  if (correct === null || printed === undefined) return metrics;
  let count = 0;
  for (const byte of correct) for (let rest = byte; rest !== 0; rest &= rest - 1) count += 1;
  const counted = count / records;
  if (Math.abs(counted - printed) > accuracySlack)
    throw new LineProblem(
      `has validation_accuracy ${printed}, but ${count} of ${records} records are marked as correct`,
    );
  return { ...metrics, validation_accuracy: counted };
}
