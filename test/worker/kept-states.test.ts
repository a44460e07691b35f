/** Kept states: what a worker continues from, and what it reports of a pack that continued. */
import { expect, test } from 'vitest';
import type { Assignment } from '../../src/rpc/messages/messages.ts';
import type { TrialResult } from '../../src/study/trial.ts';
import { KeptStates, ownPart } from '../../src/worker/kept-states.ts';
import { plainTrainer } from '../study/support/example-study.ts';

const digest = 'd'.repeat(64);
const result = (seconds: number): TrialResult => ({
  kind: 'complete',
  steps: 20,
  seconds,
  digest,
  curve: [],
  validationCorrect: new Uint8Array(0),
});

function assignment(
  lambda: number,
  rung: Assignment['members'][number]['rung'],
  study = 's',
): Assignment {
  const key = { study, trial: { stage: 'coarse', index: 1, replicate: 1 }, attempt: 1 };
  return {
    pack: 'p',
    study,
    seed: 1,
    replicate: 1,
    settings: plainTrainer,
    dataset: 'data',
    kind: 'search',
    measureTest: false,
    toStep: 20,
    members: [{ key, params: { lambda }, rung }],
  };
}

const reached = (bytes: number) => [[{ step: 20, digest, state: new Uint8Array(bytes) }]];

test('a trial continues from the state with its digest, of the same training in any study', () => {
  const states = new KeptStates(100);
  states.keep(assignment(0.1, null), reached(10), [result(2)]);
  const rung = { step: 20, digest };
  expect(states.resume(assignment(0.1, rung, 'other'))).toEqual({
    states: [{ step: 20, bytes: new Uint8Array(10) }],
    seconds: [2],
  });
  expect(states.resume(assignment(0.2, rung))).toBeNull();
  expect(states.resume(assignment(0.1, { step: 20, digest: 'e'.repeat(64) }))).toBeNull();
  expect(states.resume(assignment(0.1, null))).toBeNull();
});

test('states that were not used for the longest time are dropped when memory is full', () => {
  const states = new KeptStates(25);
  const rung = { step: 20, digest };
  for (const lambda of [0.1, 0.2]) states.keep(assignment(lambda, null), reached(10), [result(1)]);
  expect(states.resume(assignment(0.1, rung))).not.toBeNull();
  states.keep(assignment(0.3, null), reached(10), [result(1)]);
  expect(states.resume(assignment(0.2, rung))).toBeNull();
  expect(states.resume(assignment(0.1, rung))).not.toBeNull();
});

test('a pack reports its own seconds if it continued, or else the rung that it has passed', () => {
  const given = assignment(0.1, { step: 20, digest });
  const ended = { results: [result(5)], rungs: [[{ step: 20, digest, state: null }]] };
  const own = ownPart(given, ended, { states: [], seconds: [2] });
  expect(own).toMatchObject({ results: [{ seconds: 3 }], passed: [] });
  expect(ownPart(given, ended, null)).toMatchObject({
    results: [{ seconds: 5 }],
    passed: [{ step: 20, digest }],
  });
});
