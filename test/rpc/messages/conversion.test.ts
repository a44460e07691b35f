/** The two doors of the wire: what goes out comes in the same, and nothing else comes in. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  coordinatorMessageToBytes,
  workerMessageToBytes,
} from '../../../src/rpc/messages/domain-to-wire.ts';
import type { WorkerMessage } from '../../../src/rpc/messages/messages.ts';
import { writeMeasurement } from '../../../src/rpc/messages/trial-to-wire.ts';
import { readMessage } from '../../../src/rpc/messages/wire-reading.ts';
import {
  coordinatorMessageFromBytes,
  workerMessageFromBytes,
} from '../../../src/rpc/messages/wire-to-domain.ts';
import { readTrialResult } from '../../../src/rpc/messages/wire-to-trial.ts';
import type { Measurement, TrialResult } from '../../../src/study/trial.ts';
import { coordinatorMessage, workerMessage } from '../support/wire-arbitraries.ts';

const digest = 'ab'.repeat(32);
const key = { study: 'sweep', trial: { stage: 'coarse', index: 7, replicate: 1 }, attempt: 1 };

function point(step: number): Measurement {
  return {
    step,
    epoch: step / 100,
    learningRate: 1e-3,
    trainLoss: 1.5,
    trainCost: 1.75,
    trainAccuracy: 0.5,
    validationLoss: 1.6,
    validationCost: 1.85,
    validationAccuracy: 0.4,
    testLoss: null,
    testAccuracy: null,
  };
}

function completed(change: Partial<Extract<TrialResult, { kind: 'complete' }>>): WorkerMessage {
  const result: TrialResult = {
    kind: 'complete',
    steps: 100,
    seconds: 1,
    digest,
    curve: [point(50), point(100)],
    validationCorrect: new Uint8Array([255]),
    ...change,
  };
  return { kind: 'pack-ended', pack: 'p1', results: [{ key, result }] };
}

const received = (message: WorkerMessage) => workerMessageFromBytes(workerMessageToBytes(message));

describe('a message', () => {
  test('of a worker arrives as it was sent', () => {
    fc.assert(
      fc.property(workerMessage, (message) => {
        expect(workerMessageFromBytes(workerMessageToBytes(message))).toEqual(message);
      }),
      { numRuns: 400 },
    );
  });

  test('of a coordinator arrives as it was sent', () => {
    fc.assert(
      fc.property(coordinatorMessage, (message) => {
        expect(coordinatorMessageFromBytes(coordinatorMessageToBytes(message))).toEqual(message);
      }),
      { numRuns: 400 },
    );
  });

  test('that is cut off is malformed or shorter, and never throws', () => {
    const bytes = workerMessageToBytes(completed({}));
    const kinds = Array.from(
      { length: bytes.length },
      (_, end) => workerMessageFromBytes(bytes.subarray(0, end)).kind,
    );
    expect(new Set(kinds)).toEqual(new Set(['malformed']));
  });
});

/** pack_failed { pack: "p", outcome: N } */
const withOutcome = (outcome: number) =>
  workerMessageFromBytes(Uint8Array.from([0x2a, 5, 0x0a, 1, 0x70, 0x10, outcome]));

describe('the door refuses', () => {
  const broken: [string, WorkerMessage, RegExp][] = [
    [
      'a metric that is not a number',
      completed({ curve: [{ ...point(100), trainLoss: NaN }] }),
      /train_loss is NaN/,
    ],
    [
      'an infinite metric',
      completed({ curve: [{ ...point(100), trainLoss: Infinity }] }),
      /train_loss is Infinity/,
    ],
    [
      'an accuracy above one',
      completed({ curve: [{ ...point(100), trainAccuracy: 1.01 }] }),
      /train_accuracy/,
    ],
    ['a curve that goes back', completed({ curve: [point(60), point(50), point(100)] }), /ascend/],
    ['a curve that ends early', completed({ curve: [point(50)] }), /ends at step 50/],
    ['an empty curve', completed({ curve: [] }), /curve has 0 entries/],
    ['a digest in capitals', completed({ digest: 'AB'.repeat(32) }), /digest/],
    ['a digest too long', completed({ digest: `${digest}0` }), /digest/],
    ['negative seconds', completed({ seconds: -1 }), /seconds/],
    [
      'a bitmap of more than 1 MiB',
      completed({ validationCorrect: new Uint8Array(2 ** 20 + 1) }),
      /validation_correct/,
    ],
    [
      'a name of 129 characters',
      { kind: 'dataset-ready', dataset: 'x'.repeat(129) },
      /129 characters/,
    ],
    [
      'a name with a control character',
      { kind: 'dataset-ready', dataset: 'a\u001b[2J' },
      /control/,
    ],
    ['an empty name', { kind: 'dataset-ready', dataset: '' }, /empty/],
    [
      'a pack of nine',
      {
        kind: 'pack-ended',
        pack: 'p',
        results: Array.from({ length: 9 }, () => ({
          key,
          result: { kind: 'diverged', steps: 1, seconds: 0, curve: [] },
        })),
      },
      /9 entries/,
    ],
    [
      'an attempt of number zero',
      { kind: 'measured', key: { ...key, attempt: 0 }, measurement: point(1) },
      /attempt/,
    ],
    [
      'a trial without a number',
      {
        kind: 'measured',
        key: { ...key, trial: { ...key.trial, index: 0 } },
        measurement: point(1),
      },
      /trial/,
    ],
  ];
  test.each(broken)('%s', (_, message, reason) => {
    expect(received(message)).toEqual({ kind: 'malformed', reason: expect.stringMatching(reason) });
  });

  test('more than 10,000 measurements, from a sender that does not leave some out', () => {
    const withPoints = (points: number) => {
      const curve = Array.from({ length: points }, (_, i) => writeMeasurement(point(i + 1)));
      const outcome = { $case: 'diverged', value: {} } as const;
      return readMessage(() => ({
        kind: 'read',
        result: readTrialResult({ steps: points, seconds: 1, curve, outcome }),
      }));
    };
    expect(withPoints(10_000).kind).toBe('read');
    expect(withPoints(10_001)).toMatchObject({ reason: expect.stringContaining('10001 entries') });
  });

  test('an enum value that means nothing, and the zero value', () => {
    expect(withOutcome(1)).toEqual({
      kind: 'pack-failed',
      pack: 'p',
      outcome: 'crashed',
      reason: '',
    });
    expect(withOutcome(0)).toMatchObject({ kind: 'malformed' });
    expect(withOutcome(3)).toMatchObject({ kind: 'malformed' });
  });
});

describe('the door lets through', () => {
  test('names of 128 characters', () => {
    const message: WorkerMessage = { kind: 'dataset-ready', dataset: 'é'.repeat(128) };
    expect(received(message)).toEqual(message);
  });

  test('infinite and undefined losses of a trial that diverged', () => {
    const curve = [{ ...point(10), trainLoss: NaN, validationCost: Infinity }];
    const result: TrialResult = { kind: 'diverged', steps: 12, seconds: 0.5, curve };
    const message: WorkerMessage = { kind: 'pack-ended', pack: 'p1', results: [{ key, result }] };
    expect(received(message)).toEqual(message);
  });

  test('the start of a reason that is too long', () => {
    const message = received({ kind: 'pack-returned', pack: 'p', reason: 'r'.repeat(100_000) });
    expect(message).toEqual({ kind: 'pack-returned', pack: 'p', reason: 'r'.repeat(8_192) });
  });

  test('10,000 points of a longer curve, its last one among them', () => {
    const curve = Array.from({ length: 25_000 }, (_, i) => point(i + 1));
    const message = received(completed({ curve, steps: 25_000 }));
    const result = message.kind === 'pack-ended' ? message.results[0]!.result : null;
    expect(result?.curve).toHaveLength(10_000);
    expect(result?.curve.at(0)?.step).toBe(1);
    expect(result?.curve.at(-1)?.step).toBe(25_000);
  });

  test('of a hello in another protocol only the version', () => {
    // hello { protocol: 2, version: "9.9", field 3 as a number: a later protocol may say so }
    const bytes = Uint8Array.from([0x0a, 9, 0x08, 2, 0x12, 3, 0x39, 0x2e, 0x39, 0xf8, 0x01]);
    const withTail = Uint8Array.from([...bytes.subarray(0, 1), 10, ...bytes.subarray(2), 7]);
    expect(workerMessageFromBytes(withTail)).toEqual({
      kind: 'foreign-hello',
      protocol: 2,
      version: '9.9',
    });
  });
});
