/** Messages as bytes: valid messages arrive unchanged, and malformed ones are rejected. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { messageBytesMax } from '../../../src/rpc/messages/channel-options.ts';
import type { WorkerMessage } from '../../../src/rpc/messages/messages.ts';
import {
  coordinatorMessageFromBytes,
  coordinatorMessageToBytes,
  workerMessageFromBytes,
  workerMessageToBytes,
} from '../../../src/rpc/messages/session-messages.ts';
import { measurement, trialResult } from '../../../src/rpc/messages/trial-messages.ts';
import { readMessage } from '../../../src/rpc/messages/wire-codec.ts';
import type { Measurement, TrialResult } from '../../../src/study/trial.ts';
import { describeTrainer } from '../../../src/trainers/registry.ts';
import { coordinatorMessage, workerMessage } from '../support/wire-arbitraries.ts';

const digest = 'ab'.repeat(32);
const key = { study: 'sweep', trial: { stage: 'coarse', index: 7, replicate: 1 }, attempt: 1 };

function point(step: number, metrics: Measurement['metrics'] = {}): Measurement {
  return {
    step,
    metrics: { epoch: step / 100, train_loss: 1.5, validation_accuracy: 0.4, ...metrics },
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

describe('messages as bytes', () => {
  test('a message of a worker arrives unchanged', () => {
    fc.assert(
      fc.property(workerMessage, (message) => {
        expect(received(message)).toEqual(message);
      }),
      { numRuns: 300 },
    );
  });

  test('a message of a coordinator arrives unchanged', () => {
    fc.assert(
      fc.property(coordinatorMessage, (message) => {
        const bytes = coordinatorMessageToBytes(message);
        expect(coordinatorMessageFromBytes(bytes, describeTrainer)).toEqual(message);
      }),
      { numRuns: 300 },
    );
  });

  test('a truncated message is malformed, and never throws', () => {
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

describe('a malformed message is rejected', () => {
  const broken: [string, WorkerMessage, RegExp][] = [
    [
      'a metric is NaN',
      completed({ curve: [point(100, { train_loss: NaN })] }),
      /train_loss is NaN/,
    ],
    [
      'a metric of the user is infinite',
      completed({ curve: [point(100, { my_score: Infinity })] }),
      /metrics.my_score is Infinity/,
    ],
    [
      'a loss is negative',
      completed({ curve: [point(100, { train_loss: -1 })] }),
      /train_loss is -1/,
    ],
    [
      'an accuracy is above one',
      completed({ curve: [point(100, { train_accuracy: 1.01 })] }),
      /train_accuracy is 1.01/,
    ],
    [
      'a metric has a name with capitals',
      completed({ curve: [point(100, { trainLoss: 1 })] }),
      /invalid metric name/,
    ],
    [
      'a metric has a name of 65 characters',
      completed({ curve: [point(100, { ['m'.repeat(65)]: 1 })] }),
      /invalid metric name/,
    ],
    [
      'a measurement has 65 metrics',
      completed({
        curve: [
          {
            step: 100,
            metrics: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`m${i}`, i])),
          },
        ],
      }),
      /metrics has 65 entries/,
    ],
    ['a curve descends', completed({ curve: [point(60), point(50), point(100)] }), /ascend/],
    ['a curve ends before its trial', completed({ curve: [point(50)] }), /ends at step 50/],
    ['a curve is empty', completed({ curve: [] }), /curve has 0 entries/],
    ['a digest has capitals', completed({ digest: 'AB'.repeat(32) }), /digest/],
    ['a digest has 65 digits', completed({ digest: `${digest}0` }), /digest/],
    ['seconds are negative', completed({ seconds: -1 }), /seconds/],
    [
      'a bitmap has more than 1 MiB',
      completed({ validationCorrect: new Uint8Array(2 ** 20 + 1) }),
      /validation_correct/,
    ],
    [
      'a name has 129 characters',
      { kind: 'dataset-ready', dataset: 'x'.repeat(129) },
      /129 characters/,
    ],
    ['a name has a control character', { kind: 'dataset-ready', dataset: 'a\u001b[2J' }, /control/],
    ['a name is empty', { kind: 'dataset-ready', dataset: '' }, /empty/],
    [
      'a pack has nine members',
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
      'the attempt is 0',
      { kind: 'measured', key: { ...key, attempt: 0 }, measurement: point(1) },
      /attempt/,
    ],
    [
      'the index of a trial is 0',
      {
        kind: 'measured',
        key: { ...key, trial: { ...key.trial, index: 0 } },
        measurement: point(1),
      },
      /trial/,
    ],
  ];
  test.each(broken)('if %s', (_, message, reason) => {
    expect(received(message)).toEqual({ kind: 'malformed', reason: expect.stringMatching(reason) });
  });

  test('if a curve has more than 10,000 measurements', () => {
    const withPoints = (points: number) => {
      const curve = Array.from({ length: points }, (_, i) => measurement.write(point(i + 1)));
      const outcome = { $case: 'diverged', value: {} } as const;
      return readMessage(() => ({
        kind: 'read',
        result: trialResult.read({ steps: points, seconds: 1, curve, outcome }, 'result'),
      }));
    };
    expect(withPoints(10_000).kind).toBe('read');
    expect(withPoints(10_001)).toMatchObject({ reason: expect.stringContaining('10001 entries') });
  });

  test('if an enum is zero or unlisted', () => {
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

describe('a valid message', () => {
  test('may have names of 128 characters', () => {
    const message: WorkerMessage = { kind: 'dataset-ready', dataset: 'é'.repeat(128) };
    expect(received(message)).toEqual(message);
  });

  test('may have NaN and infinite metrics if the trial diverged', () => {
    const curve = [point(10, { train_loss: NaN, validation_cost: Infinity })];
    const result: TrialResult = { kind: 'diverged', steps: 12, seconds: 0.5, curve };
    const message: WorkerMessage = { kind: 'pack-ended', pack: 'p1', results: [{ key, result }] };
    expect(received(message)).toEqual(message);
  });

  test('has a reason that is cut after 8,192 characters', () => {
    const message = received({ kind: 'pack-returned', pack: 'p', reason: 'r'.repeat(100_000) });
    expect(message).toEqual({ kind: 'pack-returned', pack: 'p', reason: 'r'.repeat(8_192) });
  });

  test('has fewer points if their metrics have long names, so that a pack fits into a message', () => {
    const metrics = Object.fromEntries(
      Array.from({ length: 64 }, (_, i) => [`${'m'.repeat(60)}${i}`, i]),
    );
    const curve = Array.from({ length: 2_000 }, (_, i) => ({ step: i + 1, metrics }));
    const bytes = workerMessageToBytes(completed({ curve, steps: 2_000 }));
    expect(bytes.length).toBeLessThan(messageBytesMax / 8);
    expect(workerMessageFromBytes(bytes).kind).toBe('pack-ended');
  });

  test('has at most 10,000 points of a longer curve, with its first and last point', () => {
    const curve = Array.from({ length: 25_000 }, (_, i) => point(i + 1));
    const message = received(completed({ curve, steps: 25_000 }));
    const result = message.kind === 'pack-ended' ? message.results[0]!.result : null;
    expect(result?.curve).toHaveLength(10_000);
    expect(result?.curve.at(0)?.step).toBe(1);
    expect(result?.curve.at(-1)?.step).toBe(25_000);
  });

  test('of another protocol version is read up to its version', () => {
    // hello { protocol: 3, version: "9.9", field 3 as a number, as a later protocol may define it }
    const bytes = Uint8Array.from([0x0a, 9, 0x08, 3, 0x12, 3, 0x39, 0x2e, 0x39, 0xf8, 0x01]);
    const withTail = Uint8Array.from([...bytes.subarray(0, 1), 10, ...bytes.subarray(2), 7]);
    expect(workerMessageFromBytes(withTail)).toEqual({
      kind: 'foreign-hello',
      protocol: 3,
      version: '9.9',
    });
  });
});
