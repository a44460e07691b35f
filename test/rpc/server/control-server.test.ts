/** Control service: requests of operators to a real server, over TLS on loopback. */
import { once } from 'node:events';
import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { RidgelineError } from '../../../src/base/errors.ts';
import { openPinnedClient } from '../../../src/rpc/client/pinned-channel.ts';
import { serverStream } from '../../../src/rpc/client/server-stream.ts';
import {
  ControlServiceService,
  type ResultsRequest,
} from '../../../src/rpc/generated/ridgeline/v1/control_service.ts';
import { connectControl } from '../../../src/rpc/client/control-client.ts';
import type { StudySummary, WatchSnapshot, WorkerSummary } from '../../../src/study/summaries.ts';
import { protocolVersion } from '../../../src/rpc/messages/messages.ts';
import { readAdminJoin } from '../../../src/rpc/credentials/join-files.ts';
import { parseJoin } from '../../../src/rpc/credentials/join-string.ts';
import { RawPeer, bearer, framed } from '../support/raw-peer.ts';
import { rejection } from '../support/state-directory.ts';
import { TestCoordinator } from '../support/test-coordinator.ts';
import { connectWorker } from '../support/session-talk.ts';

const study: StudySummary = {
  study: 'sweep',
  status: 'running',
  priority: 1,
  stage: 'coarse',
  done: 3,
  total: 30,
  running: 2,
  metric: 'validation_accuracy',
  decimals: [],
  best: { trial: 'coarse/2', params: { lambda: 1.25e-4, activation: 'relu' }, value: 0.46 },
  testing: false,
  reason: null,
  stages: [{ name: 'coarse', done: 3, total: 30 }],
  testAccuracy: null,
  createdAtMs: 1_790_000_000_000,
  endedAtMs: null,
  msLeft: 12_345.5,
  budget: '12000 of 60000 steps planned',
};
const workers: WorkerSummary[] = [
  {
    name: 'node-1',
    address: '10.0.0.7:51000',
    threads: 4,
    busy: 3,
    kernel: 'portable',
    reproducible: true,
    trialsCompleted: 12,
    training: [{ study: 'sweep', trial: 'coarse/4' }],
    heardAtMs: 1_790_000_000_500,
    state: 'busy',
    reason: null,
  },
  {
    name: 'node-2',
    address: '[::1]:51000',
    threads: 1,
    busy: 0,
    kernel: 'native',
    reproducible: false,
    trialsCompleted: 0,
    training: [],
    heardAtMs: 1_790_000_000_400,
    state: 'backing off',
    reason: '5 failures',
  },
];

describe('a request that breaks a rule', () => {
  test.each([
    ['has a text that is not UTF-8', [0x0a, 2, 0xc3, 0x28], 'a text that is not UTF-8'],
    ['has an encoded surrogate', [0x0a, 3, 0xed, 0xa0, 0x80], 'a text that is not UTF-8'],
    ['is truncated', [0x0a, 5, 0x61], 'it does not decode'],
    ['has an empty name', [0x0a, 0], 'study is empty'],
  ])('is INVALID_ARGUMENT if it %s', async (_, bytes, problem) => {
    await using coordinator = await TestCoordinator.start();
    using peer = new RawPeer(coordinator.server.port);
    const authorization = bearer(coordinator.join.admin);
    for (const method of ['PauseStudy', 'Watch']) {
      const path = `/ridgeline.v1.ControlService/${method}`;
      const body = framed(Uint8Array.from(bytes));
      const { status: code, text } = await peer.call({ path, authorization, body });
      expect([method, code]).toEqual([method, status.INVALID_ARGUMENT]);
      expect(decodeURIComponent(text)).toContain(problem);
    }
  });
});

test('a viewer reads results in chunks, and the request says what is in them', async () => {
  const asked: unknown[] = [];
  await using coordinator = await TestCoordinator.start({
    control: {
      async *results(request) {
        asked.push(request);
        yield Buffer.from('study,trial\n');
        yield Buffer.from('sweep,coarse/1\n');
      },
    },
  });
  const pinned = await openPinnedClient(coordinator.target('viewer'), {});
  const request = {
    study: 'sweep',
    format: 3,
    top: 10,
    where: 'tied',
    columns: ['study', 'trial'],
    replicates: false,
    curves: false,
  } as const;
  const read = async (wire: ResultsRequest): Promise<string> => {
    let text = '';
    const chunks = serverStream(pinned, ControlServiceService.results, wire, null);
    for await (const { chunk } of chunks) text += chunk.toString();
    return text;
  };
  expect(await read({ ...request, columns: [...request.columns] })).toBe(
    'study,trial\nsweep,coarse/1\n',
  );
  expect(asked).toEqual([{ ...request, format: 'csv', stage: null, sort: null }]);
  const refused = await rejection(read({ ...request, columns: [], format: 0 }));
  expect(refused.what).toContain('format is 0, which has no meaning');
  pinned.client.close();
});

describe('an admin', () => {
  test('finds the coordinator through its state directory, and reads studies and workers', async () => {
    const paused = {
      ...study,
      status: 'paused',
      stage: null,
      best: null,
      reason: 'lunch',
    } as const;
    await using coordinator = await TestCoordinator.start({
      control: { listStudies: () => Promise.resolve([study, paused]), listWorkers: () => workers },
    });
    using client = await connectControl(readAdminJoin(coordinator.state.path));
    expect(await client.version()).toEqual({ protocol: protocolVersion, version: '0.1.0' });
    expect(await client.listStudies()).toEqual([study, paused]);
    expect(await client.listWorkers()).toEqual(workers);
  });

  test('submits and changes studies, and drains workers', async () => {
    const asked: unknown[] = [];
    await using coordinator = await TestCoordinator.start({
      control: {
        submitStudy: (submission) => {
          asked.push(submission);
          return Promise.resolve({ name: 'sweep', outcome: 'extended' });
        },
        setStudy: (...change) => {
          asked.push(change);
          return Promise.resolve();
        },
        drainWorker: (worker, reason) => asked.push([worker, reason]),
        stopCoordinator: () => void asked.push(['stop']),
      },
    });
    using client = await connectControl(coordinator.join.admin);
    expect(await client.submitStudy('{"λ":1}', { fresh: true, priority: 3 })).toEqual({
      name: 'sweep',
      outcome: 'extended',
    });
    await client.pauseStudy('sweep', 'lunch');
    await client.resumeStudy('sweep');
    await client.cancelStudy('sweep', 'enough');
    expect(await client.drainWorker(null, 'all')).toBe(5);
    expect(await client.drainWorker('node-1', 'one')).toBe(6);
    await client.stopCoordinator();
    expect(asked).toEqual([
      { spec: '{"λ":1}', file: '', fresh: true, priority: 3, reuse: false, files: [] },
      ['sweep', 'pause', 'lunch'],
      ['sweep', 'resume', ''],
      ['sweep', 'cancel', 'enough'],
      [null, 'all'],
      ['node-1', 'one'],
      ['stop'],
    ]);
  });

  test('may submit a study of 262,144 characters; a longer one is rejected', async () => {
    let taken = 0;
    await using coordinator = await TestCoordinator.start({
      control: {
        submitStudy: ({ spec }) => {
          taken = spec.length;
          return Promise.resolve({ name: 'sweep', outcome: 'created' });
        },
      },
    });
    using client = await connectControl(coordinator.join.admin);
    await client.submitStudy('λ'.repeat(262_144));
    expect(taken).toBe(262_144);
    const error = await rejection(client.submitStudy('x'.repeat(262_145)));
    expect([error.what, taken]).toEqual([expect.stringContaining('262145 characters'), 262_144]);
  });

  test('receives errors with code, message and fix', async () => {
    const problems = Array.from({ length: 40 }, (_, i) => `  sweep.yaml:${i}:1  λ: not a number`);
    const told = new RidgelineError(
      'STUDY_INVALID',
      `Not a study:\n${problems.join('\n')}`,
      'Edit it.',
    );
    await using coordinator = await TestCoordinator.start({
      control: { submitStudy: () => Promise.reject(told) },
    });
    using client = await connectControl(coordinator.join.admin);
    const error = await rejection(client.submitStudy('x'));
    expect(error).toMatchObject({ code: told.code, what: told.what, fix: told.fix });
  });

  test('receives the start of a message that is too long for HTTP/2, cut between characters', async () => {
    const told = new RidgelineError('STUDY_INVALID', 'λ'.repeat(100_000), 'Edit it.');
    await using coordinator = await TestCoordinator.start({
      control: { submitStudy: () => Promise.reject(told) },
    });
    using client = await connectControl(coordinator.join.admin);
    const error = await rejection(client.submitStudy('x'));
    expect(error).toMatchObject({ what: 'λ'.repeat(4_096), fix: told.fix });
  });

  test('receives the message of a bug, and the coordinator keeps running', async () => {
    await using coordinator = await TestCoordinator.start({
      control: {
        listStudies: () => {
          throw new Error('Invariant broken: left is right');
        },
      },
    });
    using client = await connectControl(coordinator.join.admin);
    await expect(client.listStudies()).rejects.toThrow('left is right');
    expect(await client.listWorkers()).toEqual([]);
  });

  test('creates, lists and revokes tokens, and a revoked token loses its session', async () => {
    await using coordinator = await TestCoordinator.start();
    using client = await connectControl(coordinator.join.admin);
    const { id, join } = await client.createToken('worker', 3_600);
    expect((await client.listTokens()).map((token) => [token.id, token.role])).toContainEqual([
      id,
      'worker',
    ]);
    const worker = await connectWorker(parseJoin(join));
    const closed = new Promise<Error | null>((resolve) => worker.onClosed(resolve));
    expect(await client.revokeToken(id)).toBe(true);
    expect(await closed).toMatchObject({
      code: 'TOKEN_REFUSED',
      what: expect.stringContaining('revoked'),
    });
    expect((await rejection(connectWorker(parseJoin(join)))).code).toBe('TOKEN_REFUSED');
    expect(await client.revokeToken(id)).toBe(false);
  });

  test('receives an error for a token that expires beyond all dates, and for invalid names', async () => {
    await using coordinator = await TestCoordinator.start();
    using client = await connectControl(coordinator.join.admin);
    for (const seconds of [8.64e12, Number.MAX_SAFE_INTEGER])
      expect((await rejection(client.createToken('viewer', seconds))).what).toContain('ttl');
    expect((await rejection(client.pauseStudy('', ''))).what).toContain('study is empty');
    expect((await rejection(client.submitStudy('x'.repeat(300_000)))).what).toContain('spec');
  });
});

describe('a role', () => {
  test('viewer may read and not change anything', async () => {
    let changes = 0;
    await using coordinator = await TestCoordinator.start({
      control: {
        listStudies: () => Promise.resolve([study]),
        setStudy: () => Promise.resolve(void changes++),
        drainWorker: () => ++changes,
        stopCoordinator: () => void changes++,
        submitStudy: () => Promise.reject(new Error(`submitted ${++changes}`)),
      },
    });
    using viewer = await connectControl(coordinator.target('viewer'));
    expect(await viewer.listStudies()).toEqual([study]);
    const refused = [
      viewer.submitStudy('x'),
      viewer.cancelStudy('sweep', ''),
      viewer.drainWorker(null, ''),
      viewer.stopCoordinator(),
      viewer.createToken('admin', null),
      viewer.listTokens(),
      viewer.revokeToken(coordinator.join.admin.tokenId),
    ];
    for (const call of refused) {
      const error = await rejection(call);
      expect(error).toMatchObject({
        code: 'TOKEN_REFUSED',
        what: expect.stringContaining('role viewer'),
        fix: expect.stringContaining('ridgeline token new --role admin'),
      });
    }
    expect(changes).toBe(0);
  });

  test('worker may read the version only', async () => {
    await using coordinator = await TestCoordinator.start();
    using worker = await connectControl(coordinator.join.worker);
    expect(await rejection(worker.listStudies())).toMatchObject({
      code: 'TOKEN_REFUSED',
      fix: expect.stringContaining('ridgeline token new --role viewer'),
    });
    const snapshots = worker.watch('sweep')[Symbol.asyncIterator]();
    expect((await rejection(snapshots.next())).code).toBe('TOKEN_REFUSED');
  });

  test('is not granted to an unknown token', async () => {
    await using coordinator = await TestCoordinator.start();
    const unknown = { ...coordinator.join.admin, tokenId: 'unknown' };
    expect((await rejection(connectControl(unknown))).code).toBe('TOKEN_REFUSED');
  });
});

const snapshot = (done: number): WatchSnapshot => ({
  progress: { ...study, done },
  workers: [{ name: 'node-1', threads: 4, busy: 3, trialsCompleted: 7 }],
  elapsedMs: done * 1_000,
});

describe('watching a study', () => {
  test('yields every snapshot and ends with the study', async () => {
    await using coordinator = await TestCoordinator.start({
      control: {
        async *watch(name) {
          expect(name).toBe('sweep');
          for (let done = 1; done <= 3; done++) yield snapshot(done);
        },
      },
    });
    using client = await connectControl(coordinator.join.admin);
    const seen: WatchSnapshot[] = [];
    for await (const each of client.watch('sweep')) seen.push(each);
    expect(seen).toEqual([snapshot(1), snapshot(2), snapshot(3)]);
  });

  test('ends on both sides when the watcher aborts', async () => {
    const stopped = Promise.withResolvers<void>();
    await using coordinator = await TestCoordinator.start({
      control: {
        async *watch(_, signal) {
          yield snapshot(1);
          await once(signal, 'abort');
          stopped.resolve();
        },
      },
    });
    using client = await connectControl(coordinator.join.admin);
    const enough = new AbortController();
    let seen = 0;
    for await (const _ of client.watch('sweep', enough.signal)) {
      seen += 1;
      enough.abort();
    }
    await stopped.promise;
    expect(seen).toBe(1);
  });

  test('fails with STUDY_UNKNOWN for an unknown study', async () => {
    await using coordinator = await TestCoordinator.start({
      control: {
        watch() {
          throw new RidgelineError('STUDY_UNKNOWN', 'There is no study x.', 'Check the name.');
        },
      },
    });
    using client = await connectControl(coordinator.join.admin);
    const error = await rejection(client.watch('x')[Symbol.asyncIterator]().next());
    expect(error).toMatchObject({ code: 'STUDY_UNKNOWN', fix: 'Check the name.' });
  });
});
