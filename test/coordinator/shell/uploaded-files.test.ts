/** Uploaded files: states of workers in a folder of the coordinator. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sha256 } from '../../../src/base/digest.ts';
import {
  UploadedFiles,
  type UploadedFilesOptions,
} from '../../../src/coordinator/shell/uploaded-files.ts';
import type { StatePart } from '../../../src/rpc/messages/state-messages.ts';
import { temporaryDirectory } from '../../store/support/temporary-directory.ts';

const content = (fill: number) => new Uint8Array(100).fill(fill);

function part(index: number, changes: Partial<StatePart> = {}): StatePart {
  const bytes = content(index);
  return {
    session: `s${index}`,
    pack: 'p',
    key: { study: 'first', trial: { stage: 'coarse', index, replicate: 1 }, attempt: 1 },
    digest: sha256(bytes),
    bytes: bytes.length,
    offset: 0,
    chunk: bytes,
    ...changes,
  };
}

function open(directory: string, changes: Partial<UploadedFilesOptions> = {}) {
  const warnings: string[] = [];
  const warn = (text: string) => void warnings.push(text);
  const options = { directory: join(directory, 'uploads'), bytesMax: 1_000, freeMin: 0, warn };
  return Object.assign(new UploadedFiles({ ...options, ...changes }), { warnings });
}

async function read(files: UploadedFiles, index: number, offset = 0): Promise<number[] | null> {
  const source = files.content(sha256(content(index)), offset);
  if (source === null) return null;
  const bytes: number[] = [];
  for await (const piece of source) bytes.push(...piece);
  return bytes;
}

test('a state arrives in parts, and is readable from any offset when it is complete', async () => {
  using directory = temporaryDirectory();
  await using files = open(directory.path);
  const [a, b] = [content(1).subarray(0, 60), content(1).subarray(60)];
  expect(await files.write(part(1, { chunk: a }), 'coarse')).toBe('more');
  expect(await read(files, 1)).toBeNull();
  expect(await files.write(part(1, { offset: 60, chunk: b }), 'coarse')).toBe('stored');
  expect(await read(files, 1)).toEqual([...content(1)]);
  expect(await read(files, 1, 98)).toEqual([1, 1]);
  const path = join(directory.path, 'uploads');
  expect(statSync(path).mode & 0o777).toBe(0o700);
  expect(statSync(join(path, readdirSync(path)[0] ?? '')).mode & 0o777).toBe(0o600);
});

test.each([
  ['has another digest than announced', { chunk: content(9) }],
  ['is longer than announced', { bytes: 99 }],
  ['does not begin at the start', { offset: 1 }],
])('a state that %s is refused, and no file of it remains', async (_, changes) => {
  using directory = temporaryDirectory();
  await using files = open(directory.path);
  expect(await files.write(part(1, changes), 'coarse')).toBe('refused');
  expect(await read(files, 1)).toBeNull();
});

test('a session has a quarter of the bytes: its older states make room for its next one', async () => {
  using directory = temporaryDirectory();
  await using files = open(directory.path);
  expect(await files.write(part(9), 'coarse')).toBe('stored');
  for (const index of [1, 2, 3])
    expect(await files.write(part(index, { session: 'greedy' }), 'coarse')).toBe('stored');
  expect([await read(files, 1), files.bytes]).toEqual([null, 300]);
  expect(await read(files, 9)).not.toBeNull();
  const huge = part(4, { session: 'greedy', bytes: 251 });
  expect(await files.write(huge, 'coarse')).toBe('refused');
});

test('an upload that is not complete reserves its bytes, and the next one of the session replaces it', async () => {
  using directory = temporaryDirectory();
  await using files = open(directory.path);
  const first = part(1, { session: 's', bytes: 250, chunk: new Uint8Array(10) });
  expect(await files.write(first, 'coarse')).toBe('more');
  expect(files.bytes).toBe(250);
  expect(await files.write(part(2, { session: 's' }), 'coarse')).toBe('stored');
  expect(files.bytes).toBe(100);
});

test('all sessions together stay below the limit: the state that was not used for the longest time is removed', async () => {
  using directory = temporaryDirectory();
  await using files = open(directory.path, { bytesMax: 450 });
  for (const index of [1, 2, 3, 4]) await files.write(part(index), 'coarse');
  await read(files, 1);
  await files.write(part(5), 'coarse');
  expect([await read(files, 2), files.bytes]).toEqual([null, 400]);
  expect(await read(files, 1)).not.toBeNull();
});

test('states are removed when their stage closes, at the end, and at the start', async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, 'uploads');
  {
    await using files = open(directory.path);
    await files.write(part(1), 'coarse');
    await files.write(part(2), 'fine');
    await files.release('first', 'coarse');
    expect([await read(files, 1), readdirSync(path)]).toEqual([null, [expect.anything()]]);
    await files.release('first', null);
    expect(readdirSync(path)).toEqual([]);
    await files.write(part(3), 'coarse');
  }
  expect(readdirSync(directory.path)).toEqual([]);
});

test('nothing is stored on a disk that is nearly full, or without a limit', async () => {
  using directory = temporaryDirectory();
  await using full = open(directory.path, { freeMin: 1e18 });
  expect(await full.write(part(1), 'coarse')).toBe('refused');
  await using none = open(directory.path, { bytesMax: 0 });
  expect(await none.write(part(1), 'coarse')).toBe('refused');
});

test('a folder that cannot be written gives one warning', async () => {
  const files = open('/proc');
  for (const index of [1, 2]) expect(await files.write(part(index), 'coarse')).toBe('refused');
  expect(files.warnings).toEqual([expect.stringContaining('from their first step')]);
});
