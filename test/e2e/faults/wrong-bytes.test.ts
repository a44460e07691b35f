/** Wrong bytes are never trained on, and wrong arithmetic never counts: such workers receive no trials. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Coordinator } from '../../../src/coordinator/shell/coordinator-server.ts';
import type { ClusterHandlers } from '../../../src/rpc/server/handlers.ts';
import { connectWorker, hello } from '../../rpc/support/session-talk.ts';
import {
  ridgeline,
  scratchDir,
  start,
  writeStudy,
  type ResultsJson,
} from '../support/processes.ts';
import { serveCoordinator } from './serving-coordinator.ts';

const text = { name: 'bytes', trials: 3, coarseOnly: true };

/** Flips one bit of each of the first `times` shards that are sent. */
function corrupted(handlers: ClusterHandlers, times: number): ClusterHandlers {
  let left = times;
  return {
    ...handlers,
    fetchShard: (digest, offset) => {
      const chunks = handlers.fetchShard(digest, offset);
      if (chunks === null || left === 0) return chunks;
      left -= 1;
      return flipped(chunks);
    },
  };
}

async function* flipped(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  for await (const chunk of chunks) {
    const copy = chunk.slice();
    if (isFirst) copy[copy.length - 1] = copy[copy.length - 1]! ^ 1;
    isFirst = false;
    yield copy;
  }
}

async function event(coordinator: Coordinator, kind: string): Promise<void> {
  await new Promise<void>((resolve) => {
    const stop = coordinator.listen((found) => {
      if (found.kind !== kind) return;
      stop();
      resolve();
    });
  });
}

describe('a shard of the data set', () => {
  test('a shard that is damaged in a cache is fetched again, and the results are the same', async () => {
    const dir = scratchDir();
    const study = writeStudy(dir, text);
    const run = async (state: string): Promise<ResultsJson> => {
      const args = ['--workers', '1', '--cache', join(dir, 'parts'), '--format', 'json'];
      const done = await ridgeline(['run', study, '--state', join(dir, state), ...args]);
      expect(done.code, done.stderr).toBe(0);
      return JSON.parse(done.stdout) as ResultsJson;
    };
    const before = await run('a');
    const [name = ''] = readdirSync(join(dir, 'parts'));
    const file = join(dir, 'parts', name);
    const right = readFileSync(file);
    const wrong = Buffer.from(right);
    wrong[wrong.length - 1]! ^= 1;
    writeFileSync(file, wrong);
    const after = await run('b');
    const digests = ({ stages }: ResultsJson) =>
      stages.flatMap(({ trials }) => trials.map(({ trial, digest }) => `${trial} ${digest}`));
    expect(digests(after)).toEqual(digests(before));
    expect(readFileSync(file).equals(right)).toBe(true);
  });

  test('a shard that is damaged in transit is fetched again', async ({ onTestFinished }) => {
    const dir = scratchDir();
    const study = writeStudy(dir, text);
    const served = await serveCoordinator(dir, study, onTestFinished, (handlers) =>
      corrupted(handlers, 2),
    );
    const ended = event(served.coordinator, 'study-ended');
    start(['worker', '--join', '-', '--cache', join(dir, 'cache'), '--name', 'w1'], {
      input: served.joinText,
    });
    await ended;
    expect((await served.coordinator.store.study('bytes'))?.status).toBe('complete');
  });

  test('a shard that stays damaged is never trained on: the worker is incompatible, and the table shows the reason', async ({
    onTestFinished,
  }) => {
    const dir = scratchDir();
    const study = writeStudy(dir, text);
    const served = await serveCoordinator(dir, study, onTestFinished, (handlers) =>
      corrupted(handlers, Infinity),
    );
    const incompatible = event(served.coordinator, 'worker-incompatible');
    start(['worker', '--join', '-', '--cache', join(dir, 'cache'), '--name', 'w1'], {
      input: served.joinText,
    });
    await incompatible;
    expect(served.coordinator.workers()).toMatchObject([
      { name: 'w1', state: 'incompatible', reason: expect.stringMatching(/wrong bytes 3 times/) },
    ]);
    expect(await served.coordinator.store.attempts('bytes')).toEqual([]);
    const cached = readdirSync(join(dir, 'cache'));
    // The folder of programs that train is empty.
    const others = cached.filter((file) => !/^(?:machine-id|trials$)/.test(file));
    expect(others).toEqual([]);
  });
});

describe('a worker', () => {
  test('a worker with different arithmetic joins, receives no trials of the study, and the table shows the reason', async ({
    onTestFinished,
  }) => {
    const dir = scratchDir();
    const study = writeStudy(dir, text);
    const served = await serveCoordinator(dir, study, onTestFinished, (handlers) => handlers);
    const joined = event(served.coordinator, 'worker-joined');
    const stream = await connectWorker(served.join);
    const received: string[] = [];
    stream.onMessage((message) => received.push(message.kind));
    stream.send({ ...hello, selfTestDigest: 'ab'.repeat(32) });
    await joined;
    // The next message arrives after all messages sent before it.
    const drained = new Promise<void>((resolve) => {
      stream.onMessage((message) => message.kind === 'drain' && resolve());
    });
    expect(served.coordinator.workers()).toMatchObject([
      {
        name: hello.name,
        reproducible: false,
        state: 'incompatible',
        reason: expect.stringMatching(/its arithmetic differs.*no trials of bytes/),
      },
    ]);
    served.coordinator.drain(hello.name, 'the test has ended');
    await drained;
    expect(received).toEqual(['welcome', 'drain']);
    expect(await served.coordinator.store.attempts('bytes')).toEqual([]);
    stream.close();
  });
});
