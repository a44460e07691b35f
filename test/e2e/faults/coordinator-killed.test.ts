/** Acknowledged results survive `kill -9` of the coordinator, at random and at the worst instants. */
import { describe, expect, test } from 'vitest';
import type { OnEnd } from '../support/processes.ts';
import {
  coordinatorFailpoints,
  endingFailpoints,
  killCoordinator,
} from './scenario-coordinator.ts';

const nothing = { lost: [], twice: [], broken: [] };
const half = Math.ceil(coordinatorFailpoints.length / 2);

async function atFailpoints(failpoints: readonly string[], onEnd: OnEnd): Promise<void> {
  const options = { onEnd, kills: 0, trials: 12, cycles: 3, random: Math.random };
  const { findings } = await killCoordinator({ ...options, failpoints });
  expect(findings).toMatchObject(nothing);
  expect(findings.acknowledged).toBeGreaterThan(0);
}

describe.concurrent('a killed coordinator', () => {
  test('a coordinator killed 5 times in one study keeps every acknowledged result', async ({
    onTestFinished,
  }) => {
    const { findings, cluster } = await killCoordinator({
      onEnd: onTestFinished,
      kills: 5,
      failpoints: [],
      trials: 20,
      cycles: 6,
      random: Math.random,
    });
    expect(findings).toMatchObject(nothing);
    expect(findings.acknowledged).toBeGreaterThanOrEqual(32 - findings.unheard);
    expect(cluster.books.answered.length).toBeGreaterThan(0);
  });

  test('a coordinator killed before and after each store, send and acknowledgement keeps every acknowledged result', async ({
    onTestFinished,
  }) => {
    await atFailpoints(coordinatorFailpoints.slice(0, half), onTestFinished);
  });

  test('a coordinator killed before and after the consequences of a result keeps every acknowledged result', async ({
    onTestFinished,
  }) => {
    await atFailpoints(coordinatorFailpoints.slice(half), onTestFinished);
  });

  test('a coordinator killed while it closes a stage and stores the winner keeps every acknowledged result', async ({
    onTestFinished,
  }) => {
    await atFailpoints(endingFailpoints, onTestFinished);
  });
});
