import { execFileSync } from 'node:child_process';
import { mkdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RidgelineError } from '../../../src/base/errors.ts';
import { streamTarGz } from '../../../src/dataset/bytes/file-stream.ts';
import { TarReader, type OnMember } from '../../../src/dataset/bytes/tar.ts';
import { refusal, temporaryFolder } from '../support/fixtures.ts';

/** Collects the wanted members; a member's bytes count only when its end came. */
function collector(isWanted: (path: string) => boolean = () => true) {
  const files = new Map<string, Buffer>();
  const onMember: OnMember = (path) => {
    if (!isWanted(path)) return null;
    const chunks: Uint8Array[] = [];
    return {
      write: (chunk) => void chunks.push(chunk.slice()),
      end: () => void files.set(path, Buffer.concat(chunks)),
    };
  };
  return { files, onMember };
}

const contents: Readonly<Record<string, string>> = {
  empty: '',
  one: '1',
  block: 'x'.repeat(512),
  'block and one': 'y'.repeat(513),
  'deep/er/file.bin': 'z'.repeat(1023),
  'naïve – 日本.txt': 'unicode',
  [`${'long-folder-name-'.repeat(5)}/${'long-file-name-'.repeat(6)}`]: 'long',
  [`${'f'.repeat(200)}/${'g'.repeat(230)}`]: 'longer than ustar can say',
};

async function packed(dir: string, format: string): Promise<string> {
  const root = join(dir, 'root');
  for (const [path, text] of Object.entries(contents)) {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), text);
  }
  const archive = join(dir, `${format}.tar.gz`);
  const names = Object.keys(contents).filter((name) => format !== 'ustar' || name.length < 250);
  execFileSync('tar', ['czf', archive, `--format=${format}`, '-C', root, ...names]);
  return archive;
}

describe('the tar reader', () => {
  test.each(['gnu', 'pax', 'ustar'])(
    'reads what tar --format=%s writes: odd names, odd sizes',
    async (format) => {
      await using dir = await temporaryFolder();
      const archive = await packed(dir.path, format);
      const { files, onMember } = collector();
      await streamTarGz(archive, onMember);
      const read = Object.fromEntries([...files].map(([path, bytes]) => [path, bytes.toString()]));
      const expected = Object.entries(contents).filter(
        ([name]) => format !== 'ustar' || name.length < 250,
      );
      expect(read).toEqual(Object.fromEntries(expected));
    },
  );

  test('reads a folder with its own entry, and skips what is not wanted', async () => {
    await using dir = await temporaryFolder();
    await packed(dir.path, 'gnu');
    const archive = join(dir.path, 'folder.tar.gz');
    execFileSync('tar', ['czf', archive, '-C', dir.path, './root']);
    const { files, onMember } = collector((path) => path.endsWith('/one'));
    await streamTarGz(archive, onMember);
    expect([...files].map(([path, bytes]) => [path, bytes.toString()])).toEqual([
      ['./root/one', '1'],
    ]);
  });

  test('gives the same whatever the chunks', async () => {
    await using dir = await temporaryFolder();
    const tar = gunzipSync(await readFile(await packed(dir.path, 'pax')));
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 40 }),
        (sizes) => {
          const { files, onMember } = collector();
          const reader = new TarReader('test.tar', onMember);
          for (let at = 0, i = 0; at < tar.length; i++) {
            const size = sizes[i % sizes.length]!;
            reader.push(tar.subarray(at, at + size));
            at += size;
          }
          reader.end();
          expect(files.size).toBe(Object.keys(contents).length);
          expect(files.get('block and one')?.toString()).toBe(contents['block and one']);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('refuses an archive that was cut off, wherever', async () => {
    await using dir = await temporaryFolder();
    const whole = await readFile(await packed(dir.path, 'gnu'));
    const path = join(dir.path, 'cut.tar.gz');
    for (const bytes of [0, 5, 11, 200, whole.length - 9, whole.length - 1]) {
      await writeFile(path, whole);
      await truncate(path, bytes);
      const error = await refusal(streamTarGz(path, collector().onMember));
      expect([error.code, error.what]).toEqual(['DATASET_INVALID', expect.stringContaining(path)]);
    }
    const tar = gunzipSync(whole);
    for (const bytes of [0, 100, 512, 1024, 1100]) {
      await writeFile(path, gzipSync(tar.subarray(0, bytes)));
      const error = await refusal(streamTarGz(path, collector().onMember));
      expect(error.what).toMatch(new RegExp(`cut off.*after ${bytes} unpacked bytes`));
    }
  });

  test('refuses a damaged archive, one that is no gzip, and one that is no tar', async () => {
    await using dir = await temporaryFolder();
    const path = join(dir.path, 'a.tar.gz');
    const noise = gzipSync(Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * i) % 251)));
    noise[20] = noise[20]! ^ 0x55;
    for (const [bytes, says] of [
      [
        Buffer.from('<html>not found</html>'),
        /no gzip file or a damaged one \(incorrect header check/,
      ],
      [noise, /no gzip file or a damaged one/],
      [gzipSync('hello '.repeat(200)), /no tar or a damaged one/],
    ] as const) {
      await writeFile(path, bytes);
      expect((await refusal(streamTarGz(path, collector().onMember))).what).toMatch(says);
    }
    expect((await refusal(streamTarGz(join(dir.path, 'absent'), collector().onMember))).code).toBe(
      'DATASET_MISSING',
    );
  });

  test('refuses links and paths that lead outside', async () => {
    await using dir = await temporaryFolder();
    await writeFile(join(dir.path, 'file'), 'x');
    await symlink('/etc/passwd', join(dir.path, 'link'));
    const archive = join(dir.path, 'a.tar.gz');
    for (const [arguments_, says] of [
      [['link'], /"link" that is a symbolic link/],
      [['file', '--transform=s,file,../file,'], /"..\/file" that would lie outside/],
      [['file', '--transform=s,file,/abs,', '-P'], /"\/abs" that would lie outside/],
      [['file', '--transform=s,file,a/../../b,'], /"a\/..\/..\/b" that would lie outside/],
    ] as const) {
      execFileSync('tar', ['czPf', archive, '-C', dir.path, ...arguments_]);
      const { files, onMember } = collector();
      expect((await refusal(streamTarGz(archive, onMember))).what).toMatch(says);
      expect(files.size).toBe(0);
    }
  });

  test('reads or refuses any bytes, and any damage to a real header', async () => {
    await using dir = await temporaryFolder();
    const tar = gunzipSync(await readFile(await packed(dir.path, 'pax'))).subarray(0, 8192);
    const damaged = fc
      .array(fc.tuple(fc.nat(tar.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 })
      .map((changes) => {
        const bytes = Uint8Array.from(tar);
        for (const [at, value] of changes) bytes[at] = value;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 1600 }), damaged), (bytes) => {
        const reader = new TarReader('test.tar', collector().onMember);
        try {
          reader.push(bytes);
          reader.end();
        } catch (error) {
          expect(error).toBeInstanceOf(RidgelineError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
