/** Wrong bytes never train, wrong arithmetic never counts: whoever has them is told, and given nothing. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Coordinator } from '../../../src/coordinator/shell/coordinator-server.ts';
import type { ClusterHandlers } from '../../../src/rpc/messages/control-messages.ts';
import { connectSession } from '../../../src/rpc/client/session-client.ts';
import { hello } from '../../rpc/support/session-talk.ts';
import {
  ridgeline,
  scratchDir,
  start,
  writeStudy,
  type ResultsJson,
} from '../support/processes.ts';
import { serveCoordinator } from './serving-coordinator.ts';

const text = { name: 'bytes', trials: 3, coarseOnly: true };

/** The first `times` parts that are sent have one bit flipped on their way. */
function corrupted(handlers: ClusterHandlers, times: number): ClusterHandlers {
  let left = times;
  return {
    ...handlers,
    fetchPart: (digest, offset) => {
      const chunks = handlers.fetchPart(digest, offset);
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
  await new Promise<void>((heard) => {
    const stop = coordinator.listen((told) => {
      if (told.kind !== kind) return;
      stop();
      heard();
    });
  });
}

describe('a part of the data set', () => {
  test('that rots in a cache is fetched again, and the results are the same', async () => {
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

  test('that is wrong on its way is fetched again', async ({ onTestFinished }) => {
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
    expect(served.coordinator.store.study('bytes')?.status).toBe('complete');
  });

  test('that stays wrong is never trained on: the worker is ineligible, and the table says why', async ({
    onTestFinished,
  }) => {
    const dir = scratchDir();
    const study = writeStudy(dir, text);
    const served = await serveCoordinator(dir, study, onTestFinished, (handlers) =>
      corrupted(handlers, Infinity),
    );
    const ineligible = event(served.coordinator, 'worker-ineligible');
    start(['worker', '--join', '-', '--cache', join(dir, 'cache'), '--name', 'w1'], {
      input: served.joinText,
    });
    await ineligible;
    expect(served.coordinator.workers()).toMatchObject([
      { name: 'w1', state: 'ineligible', reason: expect.stringMatching(/wrong bytes 3 times/) },
    ]);
    expect(served.coordinator.store.attempts('bytes')).toEqual([]);
    expect(readdirSync(join(dir, 'cache'))).toEqual([]);
  });
});

describe('a worker', () => {
  test('whose arithmetic is another joins, is given nothing of the study, and the table says why', async ({
    onTestFinished,
  }) => {
    const dir = scratchDir();
    const study = writeStudy(dir, text);
    const served = await serveCoordinator(dir, study, onTestFinished, (handlers) => handlers);
    const joined = event(served.coordinator, 'worker-joined');
    const stream = await connectSession(served.join, {});
    const heard: string[] = [];
    stream.onMessage((message) => heard.push(message.kind));
    stream.send({ ...hello, selfTestDigest: 'ab'.repeat(32) });
    await joined;
    // Its next message is handled after everything that could have been sent to it.
    const drained = new Promise<void>((told) => {
      stream.onMessage((message) => message.kind === 'drain' && told());
    });
    expect(served.coordinator.workers()).toMatchObject([
      {
        name: hello.name,
        numerics: 'other',
        state: 'ineligible',
        reason: expect.stringMatching(/its arithmetic differs.*nothing of bytes/),
      },
    ]);
    served.coordinator.drain(hello.name, 'the test has seen enough');
    await drained;
    expect(heard).toEqual(['welcome', 'drain']);
    expect(served.coordinator.store.attempts('bytes')).toEqual([]);
    stream.close();
  });
});
