/** Messages as bytes: valid messages arrive unchanged, and malformed ones are rejected. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { messageBytesMax } from '../../../src/rpc/messages/channel-options.ts';
import type { CoordinatorMessage, WorkerMessage } from '../../../src/rpc/messages/messages.ts';
import {
  coordinatorMessagesFromBytes,
  coordinatorMessagesToBytes,
  workerMessageFromBytes,
  workerMessageToBytes,
} from '../../../src/rpc/messages/session-messages.ts';
import { curveCodec } from '../../../src/rpc/messages/curve-codec.ts';
import { params, trialResult } from '../../../src/rpc/messages/trial-messages.ts';
import { readMessage } from '../../../src/rpc/messages/wire-codec.ts';
import type { Curve } from '../../../src/rpc/generated/ridgeline/v1/trial.ts';
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
  return { kind: 'pack-ended', pack: 'p1', results: [{ key, result, passed: null }] };
}

/** 1 to `count`. */
const steps = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
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

  test('messages of a coordinator arrive unchanged, in order', () => {
    const some = fc.array(coordinatorMessage, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(some, (messages) => {
        const bytes = coordinatorMessagesToBytes(messages);
        expect(coordinatorMessagesFromBytes(bytes, describeTrainer)).toEqual(messages);
      }),
      { numRuns: 300 },
    );
  });

  test('no message, or more than 64 at once, are reported as malformed', () => {
    const read = (count: number) => {
      const messages = Array.from({ length: count }, (): CoordinatorMessage => ({
        kind: 'drain',
        reason: 'why',
      }));
      return coordinatorMessagesFromBytes(coordinatorMessagesToBytes(messages), describeTrainer);
    };
    expect(read(64)).toHaveLength(64);
    for (const count of [0, 65])
      expect(read(count)).toMatchObject({
        kind: 'malformed',
        reason: expect.stringMatching(/^messages has \d+ entries/),
      });
  });

  test('a truncated message is reported as malformed, without an exception', () => {
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
      /curve.my_score is Infinity/,
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
      /curve has 65 metrics/,
    ],
    ['a curve descends', completed({ curve: [point(60), point(50), point(100)] }), /ascend/],
    ['a curve ends before its trial', completed({ curve: [point(50)] }), /ends at step 50/],
    ['a curve is empty', completed({ curve: [] }), /curve ends at step 0/],
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
          passed: null,
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

  const twoSteps = [1, 2];
  const loss = (first: number, values: number[]) => ({ metric: 'loss', first, values });
  const singles = (count: number) =>
    steps(count).map((i) => ({
      metric: `m${i % 4}`,
      first: Math.floor((i - 1) / 4),
      values: [0.5],
    }));
  test.each<[string, Curve, RegExp]>([
    ['has 10,001 steps', { steps: steps(10_001), series: [] }, /10001 steps/],
    ['has a step 0', { steps: [0, 1], series: [] }, /steps of curve do not ascend/],
    ['has a step twice', { steps: [1, 1], series: [] }, /steps of curve do not ascend/],
    ['has 32,769 series', { steps: steps(10_000), series: singles(32_769) }, /32769 series/],
    [
      'has 65 metrics',
      { steps: [1], series: steps(65).map((i) => ({ metric: `m${i}`, first: 0, values: [0] })) },
      /65 metrics/,
    ],
    ['has a series without values', { steps: twoSteps, series: [loss(0, [])] }, /without values/],
    [
      'has more values than steps',
      { steps: twoSteps, series: [loss(1, [1, 2])] },
      /loss has more values than steps/,
    ],
    [
      'starts a series after its last step',
      { steps: twoSteps, series: [loss(4_294_967_295, [1])] },
      /more values than steps/,
    ],
    [
      'has two values of a metric at one step',
      { steps: twoSteps, series: [loss(0, [1, 2]), loss(1, [1])] },
      /overlap/,
    ],
    [
      'has the series of a metric in descending order',
      { steps: twoSteps, series: [loss(1, [1]), loss(0, [1])] },
      /overlap/,
    ],
    [
      'has a series without a name',
      { steps: twoSteps, series: [{ ...loss(0, [1]), metric: '' }] },
      /invalid metric name/,
    ],
    [
      'has a metric called __proto__',
      { steps: twoSteps, series: [{ ...loss(0, [1]), metric: '__proto__' }] },
      /invalid metric name/,
    ],
  ])('if a curve %s', (_, curve, problem) => {
    const outcome = { $case: 'diverged', value: {} } as const;
    const result = { steps: 20_000, seconds: 1, curve, outcome };
    const read = readMessage(() => ({ kind: 'read', result: trialResult.read(result, '') }));
    expect(read).toEqual({ kind: 'malformed', reason: expect.stringMatching(problem) });
  });

  test('if a curve exceeds 10,000 steps or 32,768 series, but not at these limits', () => {
    const curve = curveCodec('any').read(
      { steps: steps(10_000), series: singles(32_768) },
      'curve',
    );
    expect(curve).toHaveLength(10_000);
    expect(curve[8_191]).toEqual({ step: 8_192, metrics: { m0: 0.5, m1: 0.5, m2: 0.5, m3: 0.5 } });
    expect(curve[8_192]).toEqual({ step: 8_193, metrics: {} });
  });

  test('with the path of its field', () => {
    const reason = (message: WorkerMessage) => {
      const read = received(message);
      return read.kind === 'malformed' ? read.reason : null;
    };
    const held = [
      { pack: 'a', step: 1 },
      { pack: '', step: 1 },
    ];
    expect(reason({ kind: 'heartbeat', packs: held })).toBe('heartbeat.packs[1].pack is empty');
    expect(reason(completed({ steps: 0 }))).toMatch(
      /^pack_ended\.results\[0\]\.result\.steps is 0/,
    );
  });

  test('if a text is not UTF-8, or has a lone surrogate', () => {
    /** dataset_ready { dataset: BYTES } */
    const named = (...bytes: number[]) =>
      workerMessageFromBytes(
        Uint8Array.from([0x3a, bytes.length + 2, 0x0a, bytes.length, ...bytes]),
      );
    expect(named(0xce, 0xbb)).toEqual({ kind: 'dataset-ready', dataset: 'λ' });
    for (const read of [named(0xc3, 0x28), named(0xed, 0xa0, 0x80)])
      expect(read).toEqual({ kind: 'malformed', reason: 'it has a text that is not UTF-8' });
    for (const json of ['{"a":"\\ud800"}', '{"\\ud800":1}'])
      expect(readMessage(() => ({ kind: 'read', params: params.read(json, 'params') }))).toEqual({
        kind: 'malformed',
        reason: expect.stringContaining('has a lone surrogate'),
      });
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
    const message: WorkerMessage = {
      kind: 'pack-ended',
      pack: 'p1',
      results: [{ key, result, passed: null }],
    };
    expect(received(message)).toEqual(message);
  });

  test('has a reason that is cut after 8,192 characters', () => {
    const message = received({ kind: 'pack-returned', pack: 'p', reason: 'r'.repeat(100_000) });
    expect(message).toEqual({ kind: 'pack-returned', pack: 'p', reason: 'r'.repeat(8_192) });
  });

  test.each<[string, (step: number) => Measurement['metrics']]>([
    [
      'has 64 metrics with long names',
      (step) => Object.fromEntries(steps(64).map((i) => [`${'m'.repeat(60)}${i}`, step])),
    ],
    [
      'measures 30 metrics at every second step only',
      (step) =>
        Object.fromEntries(steps(30).map((i) => [`metric_${i}_${step % 2 ? 'odd' : 'even'}`, i])),
    ],
  ])('has fewer points if the trial %s, so that a pack fits into a message', (_, metrics) => {
    const curve = steps(3_000).map((step) => ({ step, metrics: metrics(step) }));
    const bytes = workerMessageToBytes(completed({ curve, steps: 3_000 }));
    expect(bytes.length).toBeLessThan(messageBytesMax / 8 - 2 ** 20);
    const message = workerMessageFromBytes(bytes);
    const result = message.kind === 'pack-ended' ? message.results[0]!.result : null;
    expect(result?.curve.length).toBeGreaterThan(600);
    expect(result?.curve.at(0)).toEqual(curve.at(0));
    expect(result?.curve.at(-1)).toEqual(curve.at(-1));
  });

  test('keeps every value of metrics that are not measured at every step', () => {
    const curve = steps(50).map((step) => ({
      step,
      metrics: {
        train_loss: step,
        ...(step % 7 === 0 ? { slow_score: -step } : {}),
        ...(step > 20 && step < 30 ? { test_loss: step } : {}),
      },
    }));
    const message = completed({ curve, steps: 50 });
    expect(received(message)).toEqual(message);
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
