/** Messages of `trial.proto`, and the texts of hyperparameters: one codec for each. */
import { paramsText, type Params, type ParamValue } from '../../study/search-space.ts';
import type { DatasetReference } from '../../study/spec/dataset-reference.ts';
import type { CountedSelection } from '../../study/spec/study-spec.ts';
import type { TrialResult } from '../../study/trial.ts';
import type * as wire from '../generated/ridgeline/v1/trial.ts';
import { curveCodec } from './curve-codec.ts';
import {
  amount,
  asBuffer,
  digest,
  list,
  malformed,
  name,
  optional,
  plain,
  record,
  requireWellFormed,
  safeInteger,
  textUpTo,
  whole,
  wireLimits,
  type Codec,
} from './wire-codec.ts';

/** Empty, as the shards of a data set, if the trainer reads its own data. */
const shardNames = list(name, 0, wireLimits.shards);
const count = whole(1);

const selection: Codec<CountedSelection, wire.Selection, wire.Selection | undefined> = {
  write: (value) => ({
    selection:
      'count' in value
        ? { $case: 'count', value: value.count }
        : { $case: 'shards', value: { names: [...value] } },
  }),
  read: (from, field) => {
    const given = from?.selection ?? malformed(`${field} is missing`);
    return given.$case === 'shards'
      ? shardNames.read(given.value.names, field)
      : { count: count.read(given.value, `${field}.count`) };
  },
};

const shardReference = record({ name, digest, bytes: safeInteger(), count });

export const datasetReference = record({
  shards: list(shardReference, 0, wireLimits.shards),
  seed: safeInteger(),
  train: selection,
  validation: selection,
  test: optional(selection),
  stratify: plain<boolean>(),
}) satisfies Codec<DatasetReference, wire.DatasetReference, wire.DatasetReference | undefined>;

const shortText = textUpTo(wireLimits.paramCharacters);

/** Hyperparameters of a trial as JSON text. */
export const params: Codec<Params, string> = {
  write: paramsText,
  read: (from, field) => {
    const text = textUpTo(wireLimits.paramsCharacters).read(from, field);
    const entries = Object.entries(parseObject(text, field));
    if (entries.length > wireLimits.params) malformed(`${field} has ${entries.length} entries`);
    return Object.fromEntries(
      entries.map(([key, value]) => [
        name.read(key, `a name in ${field}`),
        readParam(value, `${field}.${key}`),
      ]),
    );
  },
};

function parseObject(json: string, field: string): object {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    malformed(`${field} is not JSON`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  return malformed(`${field} is not a JSON object`);
}

function readParam(value: unknown, field: string): ParamValue {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'string') return requireWellFormed(shortText.read(value, field), field);
  return malformed(`${field} is not a finite number, a Boolean or a short text`);
}

/** The fields of every result. */
const head = (values: 'finite' | 'any') =>
  record({ steps: whole(1), seconds: amount, curve: curveCodec(values) });
const heads = { complete: head('finite'), diverged: head('any') };

export const trialResult: Codec<TrialResult, wire.TrialResult, wire.TrialResult | undefined> = {
  write: (result) => {
    const fields = heads[result.kind].write(result);
    if (result.kind === 'diverged') return { ...fields, outcome: { $case: 'diverged', value: {} } };
    const validationCorrect = asBuffer(result.validationCorrect);
    const value = { digest: result.digest, validationCorrect };
    return { ...fields, outcome: { $case: 'complete', value } };
  },
  read: (from, field) => {
    const { outcome } = from ?? {};
    if (outcome === undefined) malformed(`${field}.outcome is missing`);
    const isComplete = outcome.$case === 'complete';
    const fields = heads[outcome.$case].read(from, field);
    const last = fields.curve.at(-1)?.step ?? 0;
    if (isComplete ? last !== fields.steps : last > fields.steps)
      malformed(`${field}.curve ends at step ${last}, the trial at step ${fields.steps}`);
    if (!isComplete) return { kind: 'diverged', ...fields };
    const { validationCorrect } = outcome.value;
    if (validationCorrect.length > wireLimits.validationBytes)
      malformed(`${field}.validation_correct has ${validationCorrect.length} bytes`);
    return {
      kind: 'complete',
      ...fields,
      digest: digest.read(outcome.value.digest, `${field}.digest`),
      // A copy: the decoder's Buffer is a view that would keep the whole message in memory.
      validationCorrect: new Uint8Array(validationCorrect),
    };
  },
};
