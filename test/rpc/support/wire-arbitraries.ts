/** Every message that coordinator and worker may send, as fast-check makes them up. */
import * as fc from 'fast-check';
import type {
  Answer,
  AttemptKey,
  CoordinatorMessage,
  PackProgress,
  WorkerMessage,
} from '../../../src/rpc/messages/messages.ts';
import type { DatasetReference } from '../../../src/study/spec/dataset-reference.ts';
import type { CountedSelection, TrainerSettings } from '../../../src/study/spec/study-spec.ts';
import type { Measurement, TrialResult } from '../../../src/study/trial.ts';

const uint32 = (min: number): fc.Arbitrary<number> => fc.integer({ min, max: 2 ** 32 - 1 });
const safeInteger = fc.maxSafeNat();
/** Without −0, which proto3 does not tell from the 0 that it leaves out. */
const amount = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map((x) => x + 0);
const share = fc.double({ min: 0, max: 1, noNaN: true }).map((x) => x + 0);
const anyLoss = fc.oneof(amount, fc.constantFrom(NaN, Infinity));

const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((text) => text.length <= 128 && !/\p{Cc}/u.test(text));
const reason = fc.string({ unit: 'grapheme', maxLength: 60 });
const digest = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((b) => Buffer.from(b).toString('hex'));

const trialId = fc.record({
  stage: fc.stringMatching(/^[a-z0-9][a-z0-9_.-]{0,20}$/),
  index: fc.integer({ min: 1, max: 999_999_999 }),
  replicate: fc.integer({ min: 1, max: 999_999 }),
});

const key: fc.Arbitrary<AttemptKey> = fc.record({
  study: name,
  trial: trialId,
  attempt: uint32(1),
});

const progress: fc.Arbitrary<PackProgress[]> = fc.array(
  fc.record({ pack: name, step: uint32(0) }),
  {
    maxLength: 10,
  },
);

function measurement(loss: fc.Arbitrary<number>): fc.Arbitrary<Measurement> {
  return fc.record({
    step: uint32(1),
    epoch: amount,
    learningRate: amount,
    trainLoss: loss,
    trainCost: loss,
    trainAccuracy: share,
    validationLoss: loss,
    validationCost: loss,
    validationAccuracy: share,
    testLoss: fc.option(loss),
    testAccuracy: fc.option(share),
  });
}

function curve(loss: fc.Arbitrary<number>, minLength: number): fc.Arbitrary<Measurement[]> {
  return fc
    .uniqueArray(measurement(loss), { minLength, maxLength: 8, selector: (point) => point.step })
    .map((points) => points.toSorted((a, b) => a.step - b.step));
}

const complete: fc.Arbitrary<TrialResult> = fc
  .record({
    seconds: amount,
    digest,
    curve: curve(amount, 1),
    validationCorrect: fc.uint8Array({ maxLength: 40 }),
  })
  .map((result) => ({ kind: 'complete', steps: result.curve.at(-1)!.step, ...result }));

const diverged: fc.Arbitrary<TrialResult> = fc
  .record({ seconds: amount, curve: curve(anyLoss, 0), steps: uint32(1) })
  .map(({ seconds, curve: points, steps }) => ({
    kind: 'diverged',
    steps: Math.max(steps, points.at(-1)?.step ?? 1),
    seconds,
    curve: points,
  }));

const settings: fc.Arbitrary<TrainerSettings> = fc.record({
  hidden: fc.integer({ min: 1, max: 4_096 }),
  batch: fc.integer({ min: 1, max: 100_000 }),
  learningRate: fc
    .record({ a: amount, b: amount, stepSize: uint32(1), grows: fc.integer({ min: 1, max: 16 }) })
    .map(({ a, b, stepSize, grows }) => ({
      min: Math.min(a, b),
      max: Math.max(a, b),
      stepSize,
      ...(grows === 1 ? {} : { cycleMultiplier: grows }),
    })),
  length: fc.oneof(
    fc.record({ kind: fc.constant('cycles' as const), cycles: uint32(1) }),
    fc.record({ kind: fc.constant('epochs' as const), epochs: uint32(1) }),
  ),
  measure: fc.oneof(
    fc.constantFrom(
      { kind: 'cycle' as const },
      { kind: 'epoch' as const },
      { kind: 'end' as const },
    ),
    fc.record({ kind: fc.constant('steps' as const), steps: uint32(1) }),
  ),
  dropout: share.map((x) => x * 0.999),
  mirror: fc.boolean(),
  shift: fc.integer({ min: 0, max: 1_024 }),
});

const selection: fc.Arbitrary<CountedSelection> = fc.oneof(
  fc.record({
    kind: fc.constant('parts' as const),
    parts: fc.array(name, { minLength: 1, maxLength: 5 }),
  }),
  fc.record({ kind: fc.constant('count' as const), count: uint32(1) }),
);

const reference: fc.Arbitrary<DatasetReference> = fc.record({
  parts: fc.array(fc.record({ name, digest, bytes: safeInteger, count: uint32(1) }), {
    minLength: 1,
    maxLength: 6,
  }),
  seed: safeInteger,
  train: selection,
  validation: selection,
  test: fc.option(selection),
});

const assign: fc.Arbitrary<CoordinatorMessage> = fc
  .record({
    pack: name,
    study: name,
    seed: safeInteger,
    replicate: fc.integer({ min: 1, max: 999_999 }),
    settings,
    dataset: name,
    kind: fc.constantFrom('search' as const, 'test' as const, 'audit' as const),
    measureTest: fc.boolean(),
    members: fc.array(fc.record({ key, lambda: amount }), { minLength: 1, maxLength: 8 }),
  })
  .map(({ members, study, replicate, ...rest }) => ({
    kind: 'assign',
    assignment: {
      ...rest,
      study,
      replicate,
      members: members.map(({ key: { trial, attempt }, lambda }) => ({
        key: { study, trial: { ...trial, replicate }, attempt },
        lambda,
      })),
    },
  }));

const kind = <Kind extends string>(text: Kind): fc.Arbitrary<Kind> => fc.constant(text);

export const workerMessage: fc.Arbitrary<WorkerMessage> = fc.oneof(
  fc.record({
    kind: kind('hello'),
    protocol: fc.constant(1),
    version: name,
    session: name,
    name,
    threads: fc.integer({ min: 1, max: 256 }),
    packMax: fc.integer({ min: 1, max: 8 }),
    kernel: fc.constantFrom('portable' as const, 'native' as const),
    selfTestDigest: digest,
    held: progress,
    datasets: fc.array(name, { maxLength: 5 }),
  }),
  fc.record({ kind: kind('heartbeat'), packs: progress }),
  fc.record({ kind: kind('measured'), key, measurement: measurement(anyLoss) }),
  fc.record({
    kind: kind('pack-ended'),
    pack: name,
    results: fc.array(fc.record({ key, result: fc.oneof(complete, diverged) }), {
      minLength: 1,
      maxLength: 8,
    }),
  }),
  fc.record({
    kind: kind('pack-failed'),
    pack: name,
    outcome: fc.constantFrom('crashed' as const, 'timeout' as const),
    reason,
  }),
  fc.record({ kind: kind('pack-returned'), pack: name, reason }),
  fc.record({ kind: kind('dataset-ready'), dataset: name }),
  fc.record({ kind: kind('dataset-failed'), dataset: name, reason }),
  fc.record({ kind: kind('draining') }),
);

const answers: Answer[] = ['accepted', 'duplicate', 'disputed', 'cancelled', 'unknown'];

export const coordinatorMessage: fc.Arbitrary<CoordinatorMessage> = fc.oneof(
  fc.record({
    kind: kind('welcome'),
    name,
    leaseMs: fc.integer({ min: 1, max: 86_400_000 }),
    heartbeatMs: fc.integer({ min: 1, max: 86_400_000 }),
    version: name,
    selfTestDigest: digest,
  }),
  fc.record({ kind: kind('prepare'), dataset: name, reference }),
  assign,
  fc.record({ kind: kind('abort'), pack: name, reason }),
  fc.record({ kind: kind('answer'), key, answer: fc.constantFrom(...answers) }),
  fc.record({ kind: kind('drain'), reason }),
);
