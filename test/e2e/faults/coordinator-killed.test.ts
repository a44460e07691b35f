/** Acknowledged results survive `kill -9` of the coordinator, at random and at the worst instants. */
import { describe, expect, test } from 'vitest';
import {
  coordinatorFailpoints,
  endingFailpoints,
  killCoordinator,
} from './scenario-coordinator.ts';

const nothing = { lost: [], twice: [], broken: [] };

describe.concurrent('a killed coordinator', () => {
  test('a coordinator killed 3 times in one study keeps every acknowledged result', async ({
    onTestFinished,
  }) => {
    const { findings, cluster } = await killCoordinator({
      onEnd: onTestFinished,
      kills: 3,
      failpoints: [],
      trials: 12,
      cycles: 6,
      random: Math.random,
    });
    expect(findings).toMatchObject(nothing);
    expect(findings.acknowledged).toBeGreaterThanOrEqual(19 - findings.unheard);
    expect(cluster.books.answered.length).toBeGreaterThan(0);
  });

  test('a coordinator killed before and after each store, send, acknowledgement, end of a stage and winner keeps every acknowledged result', async ({
    onTestFinished,
  }) => {
    const { findings } = await killCoordinator({
      onEnd: onTestFinished,
      kills: 0,
      failpoints: [...coordinatorFailpoints, ...endingFailpoints],
      trials: 12,
      cycles: 1,
      random: Math.random,
    });
    expect(findings).toMatchObject(nothing);
    expect(findings.acknowledged).toBeGreaterThan(0);
  });
});
