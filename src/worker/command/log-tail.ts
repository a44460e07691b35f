/**
 * Log tail: the last lines that a program has printed on both of its streams, in the order in which they
 * arrived.
 *
 * Of a line that was overwritten with carriage returns, as a progress bar is, the last text is kept. Control
 * sequences are removed. Secrets are blanked before a long line is cut, so that no part of one is left.
 */
import { StringDecoder } from 'node:string_decoder';
import { attemptLogMax, attemptLogText, type LogLine } from '../../study/attempt-log.ts';

type Stream = LogLine['stream'];

/** Of one line that is not complete; more is dropped until it ends. */
const pendingMax = 64 * 1024;
/** Of one stored line. */
const lineMax = 4 * 1024;
/** Control Sequence Introducer of terminals, with its parameters. */
// oxlint-disable-next-line no-control-regex -- these characters are what is removed
const controlSequence = /\u001b\[[0-?]*[ -/]*[@-~]/g;
const controlCharacter = /[^\P{Cc}\t]/gu;

interface Pending {
  readonly decoder: StringDecoder;
  text: string;
}

export class LogTail {
  readonly #blank: (text: string) => string;
  readonly #pending: Readonly<Record<Stream, Pending>> = { out: pending(), err: pending() };
  readonly #lines: LogLine[] = [];
  #characters = 0;

  /** @param blank returns a text without secrets */
  constructor(blank: (text: string) => string) {
    this.#blank = blank;
  }

  push(stream: Stream, chunk: Uint8Array): void {
    const from = this.#pending[stream];
    const [first = '', ...others] = from.decoder.write(Buffer.from(chunk)).split('\n');
    from.text = (from.text + first).slice(0, pendingMax);
    for (const next of others) {
      this.#add(stream, from.text);
      from.text = next.slice(0, pendingMax);
    }
  }

  /** Lines that are not complete end here. */
  end(): void {
    for (const stream of ['out', 'err'] as const) {
      const { text } = this.#pending[stream];
      this.#pending[stream].text = '';
      if (text !== '') this.#add(stream, text);
    }
  }

  get text(): string {
    return attemptLogText(this.#lines);
  }

  /** The lines of standard error. */
  get errors(): string {
    return this.#lines
      .filter(({ stream }) => stream === 'err')
      .map(({ text }) => `${text}\n`)
      .join('');
  }

  #add(stream: Stream, line: string): void {
    const shown = line.split('\r').findLast((part) => part !== '') ?? '';
    const plain = shown.replaceAll(controlSequence, '').replaceAll(controlCharacter, '');
    const blanked = this.#blank(plain);
    const text = blanked.length > lineMax ? `${cut(blanked, lineMax)}…` : blanked;
    this.#lines.push({ stream, text });
    this.#characters += sizeOf(text);
    while (this.#characters > attemptLogMax) {
      const oldest = this.#lines.shift();
      this.#characters -= sizeOf(oldest?.text ?? '');
    }
  }
}

function pending(): Pending {
  return { decoder: new StringDecoder('utf8'), text: '' };
}

/** Characters of a line of the stored text. */
function sizeOf(text: string): number {
  return text.length + 'out \n'.length;
}

/** Does not separate a surrogate pair. */
function cut(text: string, max: number): string {
  return text
    .slice(0, max)
    .toWellFormed()
    .replace(/\ufffd$/, '');
}
