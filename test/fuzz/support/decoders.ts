/**
 * Fuzz tests of all decoders that read untrusted text or bytes: each returns a value or an error of the
 * expected code, and throws nothing else. `npm test` runs some hundred cases of each, the long tests a
 * hundred thousand. A failure prints a seed and a path with which fast-check repeats it.
 */
import fc from 'fast-check';
import { expect } from 'vitest';
import { RidgelineError } from '../../../src/base/errors.ts';
import { parseStudyOrRecipe } from '../../../src/config/parse-study.ts';
import type { CoordinatorMessage, WorkerMessage } from '../../../src/rpc/messages/messages.ts';
import { formatJoin, parseJoin } from '../../../src/rpc/credentials/join-string.ts';
import {
  coordinatorMessagesFromBytes,
  coordinatorMessagesToBytes,
  workerMessageFromBytes,
  workerMessageToBytes,
} from '../../../src/rpc/messages/session-messages.ts';
import { parseSpec } from '../../../src/study/spec/canonical-spec.ts';
import { describeTrainer } from '../../../src/trainers/registry.ts';
import { coordinatorMessage, workerMessage } from '../../rpc/support/wire-arbitraries.ts';

type Fuzz = (numRuns: number) => void;

/** Bytes with some changed, removed, inserted or repeated, or truncated. */
const damaged = (bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(
      bytes,
      fc.array(fc.tuple(fc.nat(), fc.nat(4), fc.nat(255)), { minLength: 1, maxLength: 6 }),
    )
    .map(([whole, changes]) => {
      const list = [...whole];
      for (const [place, how, byte] of changes) {
        const at = place % (list.length + 1);
        if (how === 0) list[at] = byte;
        else if (how === 1) list.splice(at, 1);
        else if (how === 2) list.splice(at, 0, byte);
        else if (how === 3) list.splice(at, 0, ...list.slice(at, at + 20));
        else list.length = at;
      }
      return Uint8Array.from(list, (value) => value ?? 0);
    });

const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  damaged(workerMessage.map((message) => workerMessageToBytes(message))),
  damaged(
    fc
      .array(coordinatorMessage, { minLength: 1, maxLength: 3 })
      .map((messages) => coordinatorMessagesToBytes(messages)),
  ),
);

/** Messages: an accepted message is written to the same bytes after it is read again. */
const wire: Fuzz = (numRuns) => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      const fromWorker = workerMessageFromBytes(bytes);
      if (fromWorker.kind === 'malformed') expect(fromWorker.reason).not.toBe('');
      else if (fromWorker.kind !== 'foreign-hello') {
        const written = workerMessageToBytes(fromWorker);
        const again = workerMessageFromBytes(written) as WorkerMessage;
        expect(workerMessageToBytes(again).equals(written)).toBe(true);
      }
      const fromCoordinator = coordinatorMessagesFromBytes(bytes, describeTrainer);
      if ('kind' in fromCoordinator) expect(fromCoordinator.reason).not.toBe('');
      else {
        const written = coordinatorMessagesToBytes(fromCoordinator);
        const again = coordinatorMessagesFromBytes(
          written,
          describeTrainer,
        ) as CoordinatorMessage[];
        expect(coordinatorMessagesToBytes(again).equals(written)).toBe(true);
      }
    }),
    { numRuns },
  );
};

const secret = 'S'.repeat(43);
const whole = formatJoin({ address: 'head:7070', caPin: 'p'.repeat(43), tokenId: 'abc', secret });
const joinText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  damaged(fc.constant(Buffer.from(whole))).map((bytes) => Buffer.from(bytes).toString('utf8')),
  fc
    .array(fc.constantFrom('ridgeline:1:', ':', '[::1]', 'h', '1', secret, '%', '\n'), {
      maxLength: 9,
    })
    .map((pieces) => pieces.join('')),
);

/** Join strings: parsed completely, or rejected with an error that does not contain the secret. */
const joinString: Fuzz = (numRuns) => {
  fc.assert(
    fc.property(joinText, (text) => {
      const read = typedOutcome(() => parseJoin(text), 'USAGE');
      if (typeof read === 'string') expect(read).not.toContain('SSSSSSSS');
      else expect(parseJoin(formatJoin(read))).toEqual(read);
    }),
    { numRuns },
  );
};

const study = `study: a
seed: 1
dataset: { name: digits, train: { count: 10 }, validation: { count: 10 } }
trainer: { hidden: 5, batch: 5, learning_rate: { min: 0, max: 0.1, step_size: 5 }, cycles: 1 }
objective: { metric: validation_accuracy, direction: maximize }
stages:
  - { name: s, trials: 3, lambda: { distribution: log_uniform, min: 1.0e-6, max: 1 } }
`;
const words = ['study: a\n', 'seed: 1\n', 'stages:\n', '__proto__: 1\n', 'a', 'ä', '.inf', '~'];
const signs = '{ } [ ] " \' # | > % @ ` \u0000 \u{1F600}'.split(' ');
const spaced = ['\n', '\r\n', '\t', '  ', '- ', ': ', ', ', '? '];
const others = ['&a ', '*a', '!!x ', '---\n', '...\n', '<<: '];
const fragment = fc.constantFrom(...words, ...signs, ...spaced, ...others, study);
const yamlText = fc.oneof(
  fc
    .array(fc.tuple(fragment, fc.integer({ min: 1, max: 40 })), { maxLength: 30 })
    .map((runs) => runs.map(([piece, times]) => piece.repeat(times)).join('')),
  damaged(fc.constant(Buffer.from(study))).map((bytes) => Buffer.from(bytes).toString('utf8')),
  fc.string({ unit: 'binary', maxLength: 300 }),
);

/** Study files: a study, or problems with their places. */
const yaml: Fuzz = (numRuns) => {
  fc.assert(
    fc.property(yamlText, (text) => {
      const read = typedOutcome(
        () => parseStudyOrRecipe(text, 'study.yaml', describeTrainer),
        'STUDY_INVALID',
      );
      if (typeof read === 'string') expect(read).toMatch(/study\.yaml:\d+:\d+ {2}\S/);
      else expect(['study', 'recipe']).toContain(read.kind);
    }),
    { numRuns },
  );
  expect(({} as { x?: number }).x).toBeUndefined();
};

/** Canonical texts of studies, as a hostile client may submit them. */
const canonicalText: Fuzz = (numRuns) => {
  const text = fc.oneof(
    fc.json(),
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.json().map((json) => `{"study":"a","seed":${json},"stages":[${json}]}`),
  );
  fc.assert(
    fc.property(text, (each) => {
      const read = typedOutcome(() => parseSpec(each, describeTrainer), 'STUDY_INVALID');
      expect(read).toBeDefined();
    }),
    { numRuns },
  );
};

/** The value, or the message of an error with this code. */
function typedOutcome<T extends object>(read: () => T, code: RidgelineError['code']): T | string {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RidgelineError) || error.code !== code) throw error;
    return error.message;
  }
}

export const fuzzed: readonly (readonly [string, Fuzz])[] = [
  ['messages of sessions', wire],
  ['join strings', joinString],
  ['study files', yaml],
  ['submitted studies', canonicalText],
];
