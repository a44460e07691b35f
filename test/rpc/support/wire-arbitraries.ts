/** Arbitraries of all messages. */
import * as fc from 'fast-check';
import {
  protocolVersion,
  type Answer,
  type AttemptKey,
  type CoordinatorMessage,
  type PackProgress,
  type WorkerMessage,
} from '../../../src/rpc/messages/messages.ts';
import { cutReason } from '../../../src/rpc/messages/wire-codec.ts';
import { classificationMetrics } from '../../../src/study/metrics.ts';
import type { DatasetReference } from '../../../src/study/spec/dataset-reference.ts';
import type { CountedSelection } from '../../../src/study/spec/study-spec.ts';
import type { TrainerSettings } from '../../../src/study/trainer-description.ts';
import type { Measurement, TrialResult } from '../../../src/study/trial.ts';
import { plainTrainer } from '../../study/support/example-study.ts';

const uint32 = (min: number): fc.Arbitrary<number> => fc.integer({ min, max: 2 ** 32 - 1 });
const safeInteger = fc.maxSafeNat();
/** Without −0, which proto3 does not tell from the 0 that it leaves out. */
const amount = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map((x) => x + 0);
const share = fc.double({ min: 0, max: 1, noNaN: true }).map((x) => x + 0);
const anyValue = fc.oneof(share, fc.constantFrom(NaN, Infinity, -Infinity));

const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((text) => text.length <= 128 && !/\p{Cc}/u.test(text));
/** Printable: a codec makes other characters visible. */
const reason = fc.string({ unit: 'grapheme', maxLength: 60 }).map(cutReason);
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

const metricName = fc.oneof(
  fc.constantFrom(...classificationMetrics.map((metric) => metric.name)),
  fc.stringMatching(/^[a-z][a-z0-9_]{0,20}$/),
);

/** Values in [0, 1] are in the range of every metric. */
function measurement(values: fc.Arbitrary<number>): fc.Arbitrary<Measurement> {
  return fc.record({ step: uint32(1), metrics: fc.dictionary(metricName, values, { maxKeys: 8 }) });
}

function curve(values: fc.Arbitrary<number>, minLength: number): fc.Arbitrary<Measurement[]> {
  return fc
    .uniqueArray(measurement(values), { minLength, maxLength: 8, selector: (point) => point.step })
    .map((points) => points.toSorted((a, b) => a.step - b.step));
}

const complete: fc.Arbitrary<TrialResult> = fc
  .record({
    seconds: amount,
    digest,
    curve: curve(share, 1),
    validationCorrect: fc.uint8Array({ maxLength: 40 }),
  })
  .map((result) => ({ kind: 'complete', steps: result.curve.at(-1)!.step, ...result }));

const diverged: fc.Arbitrary<TrialResult> = fc
  .record({ seconds: amount, curve: curve(anyValue, 0), steps: uint32(1) })
  .map(({ seconds, curve: points, steps }) => ({
    kind: 'diverged',
    steps: Math.max(steps, points.at(-1)?.step ?? 1),
    seconds,
    curve: points,
  }));

const settings = fc.constantFrom<TrainerSettings>(plainTrainer, {
  ...plainTrainer,
  measure: 'epoch',
  dropout: 0.25,
  mirror: true,
  shift: 3,
});

/** Within the bounds of the two-layer trainer. */
const params = fc.record({ lambda: fc.double({ min: 0, max: 1e6, noNaN: true }) });

const selection: fc.Arbitrary<CountedSelection> = fc.oneof(
  fc.array(name, { minLength: 1, maxLength: 5 }),
  fc.record({ count: uint32(1) }),
);

const reference: fc.Arbitrary<DatasetReference> = fc.record({
  shards: fc.array(fc.record({ name, digest, bytes: safeInteger, count: uint32(1) }), {
    minLength: 1,
    maxLength: 6,
  }),
  seed: safeInteger,
  train: selection,
  validation: selection,
  test: fc.option(selection),
  stratify: fc.boolean(),
});

const rung = fc.record({ step: uint32(1), digest });

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
    members: fc.array(
      fc.record({
        key,
        params,
        rung: fc.option(rung),
        state: fc.option(fc.record({ digest, fingerprint: digest })),
      }),
      {
        minLength: 1,
        maxLength: 8,
      },
    ),
    toStep: uint32(0),
  })
  .map(({ members, study, replicate, ...rest }) => ({
    kind: 'assign',
    assignment: {
      ...rest,
      study,
      replicate,
      members: members.map(({ key: { trial, attempt }, params: values, rung: at, state }) => ({
        key: { study, trial: { ...trial, replicate }, attempt },
        params: values,
        rung: at,
        state,
      })),
    },
  }));

const kind = <Kind extends string>(text: Kind): fc.Arbitrary<Kind> => fc.constant(text);

export const workerMessage: fc.Arbitrary<WorkerMessage> = fc.oneof(
  fc.record({
    kind: kind('hello'),
    protocol: fc.constant(protocolVersion),
    version: name,
    session: name,
    name,
    threads: fc.integer({ min: 1, max: 256 }),
    packMax: fc.integer({ min: 1, max: 8 }),
    kernel: name,
    processor: name,
    selfTestDigest: digest,
    machineId: name,
    held: progress,
    datasets: fc.array(name, { maxLength: 5 }),
    allowed: fc.array(name, { maxLength: 5 }),
    memory: fc.maxSafeNat(),
    kept: fc.array(fc.record({ study: name, stage: name }), { maxLength: 5 }),
    slots: fc.integer({ min: 1, max: 256 }),
  }),
  fc.record({ kind: kind('heartbeat'), packs: progress }),
  fc.record({ kind: kind('measured'), key, measurement: measurement(anyValue) }),
  fc.record({
    kind: kind('pack-ended'),
    pack: name,
    results: fc.array(
      fc.record({ key, result: fc.oneof(complete, diverged), passed: fc.option(rung) }),
      {
        minLength: 1,
        maxLength: 8,
      },
    ),
  }),
  fc.record({ kind: kind('attempt-log'), pack: name, key, text: fc.string({ unit: 'binary' }) }),
  fc.record({
    kind: kind('pack-failed'),
    pack: name,
    outcome: fc.constantFrom('crashed' as const, 'timeout' as const),
    reason,
  }),
  fc.record({ kind: kind('pack-returned'), pack: name, reason }),
  fc.record({ kind: kind('dataset-ready'), dataset: name }),
  fc.record({ kind: kind('dataset-failed'), dataset: name, reason }),
  fc.record({ kind: kind('draining'), held: fc.array(name, { maxLength: 5 }), reason }),
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
  fc.record({ kind: kind('release'), study: name, stage: name }),
);
