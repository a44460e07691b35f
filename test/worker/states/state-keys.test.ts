/** State keys: what an assignment continues from, and what a pack reports that continued. */
import { expect, test } from 'vitest';
import {
  ownPart,
  statesLeft,
  statesWanted,
  toResumption,
} from '../../../src/worker/states/state-keys.ts';
import { rungAssignment, rungResult, stateDigest as digest } from './support/rung-assignment.ts';

const rung = { step: 20, digest };
const reached = [[{ step: 20, digest, state: new Uint8Array(10) }]];

test('the state at a rung is the one that a later assignment of the same training wants, in any study', () => {
  const [left] = statesLeft(rungAssignment(0.1, null), reached, [rungResult(2)]);
  expect(left).toMatchObject({
    scope: { study: 's', stage: 'coarse' },
    state: { bytes: new Uint8Array(10), seconds: 2 },
  });
  expect(statesWanted(rungAssignment(0.1, rung, { study: 'other' }))).toEqual([left?.key]);
  expect(statesWanted(rungAssignment(0.2, rung))).not.toEqual([left?.key]);
  expect(statesWanted(rungAssignment(0.1, { step: 20, digest: 'e'.repeat(64) }))).not.toEqual([
    left?.key,
  ]);
  expect(statesWanted(rungAssignment(0.1, null))).toBeNull();
});

test('an audit wants no state: it trains from the first step', () => {
  expect(statesWanted(rungAssignment(0.1, rung, { kind: 'audit' }))).toBeNull();
});

test('a pack continues only if the states of all its members are found', () => {
  const keys = statesWanted(rungAssignment(0.1, rung)) ?? [];
  const state = { bytes: new Uint8Array(10), seconds: 2 };
  expect(toResumption(keys, [state])).toEqual({
    states: [{ step: 20, bytes: state.bytes }],
    seconds: [2],
  });
  expect(toResumption(keys, [null])).toBeNull();
});

test('a pack reports its own seconds if it continued, or else the rung that it has passed', () => {
  const given = rungAssignment(0.1, rung);
  const ended = { results: [rungResult(5)], rungs: [[{ step: 20, digest, state: null }]] };
  const own = ownPart(given, ended, { states: [], seconds: [2] });
  expect(own).toMatchObject({ results: [{ seconds: 3 }], passed: [] });
  expect(ownPart(given, ended, null)).toMatchObject({
    results: [{ seconds: 5 }],
    passed: [{ step: 20, digest }],
  });
});
