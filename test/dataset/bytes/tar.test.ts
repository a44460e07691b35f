import { execFileSync } from 'node:child_process';
import { mkdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { FileSink } from '../../../src/dataset/bytes/file-stream.ts';
import { tarEntries } from '../../../src/dataset/bytes/tar.ts';
import { refusal, temporaryFolder } from '../support/fixtures.ts';

type OnMember = (path: string) => FileSink | null;

async function streamTarGz(archive: string, onMember: OnMember): Promise<void> {
  for await (const { name, stream } of tarEntries(archive)) {
    const sink = onMember(name);
    if (sink !== null) await stream(sink);
  }
}

/** Collects the wanted members; a member counts only after its end. */
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
  [`${'f'.repeat(200)}/${'g'.repeat(230)}`]: 'longer than ustar allows',
  large: 'w'.repeat(700_000),
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

describe('tarEntries', () => {
  test.each(['gnu', 'pax', 'ustar'])(
    'archives of tar --format=%s with unusual names and sizes are read',
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

  test('any unwanted members are skipped, and the others are whole', async () => {
    await using dir = await temporaryFolder();
    const archive = await packed(dir.path, 'gnu');
    for (const wanted of Object.keys(contents)) {
      const { files, onMember } = collector((path) => path === wanted);
      await streamTarGz(archive, onMember);
      expect([...files].map(([path, bytes]) => [path, bytes.toString()])).toEqual([
        [wanted, contents[wanted]],
      ]);
    }
  });

  test('an archive of a folder with its own entry is read', async () => {
    await using dir = await temporaryFolder();
    await packed(dir.path, 'gnu');
    const archive = join(dir.path, 'folder.tar.gz');
    execFileSync('tar', ['czf', archive, '-C', dir.path, './root']);
    const { files, onMember } = collector((path) => path.endsWith('/one'));
    await streamTarGz(archive, onMember);
    expect([...files.keys()]).toEqual(['./root/one']);
  });

  test('an archive that was cut off anywhere is refused', async () => {
    await using dir = await temporaryFolder();
    const whole = await readFile(await packed(dir.path, 'gnu'));
    const path = join(dir.path, 'cut.tar.gz');
    const refused = async (): Promise<string> => {
      const error = await refusal(streamTarGz(path, collector().onMember));
      expect([error.code, error.what]).toEqual(['DATASET_INVALID', expect.stringContaining(path)]);
      return error.what;
    };
    for (const bytes of [0, 5, 11, 200, whole.length - 9, whole.length - 1]) {
      await writeFile(path, whole);
      await truncate(path, bytes);
      await refused();
    }
    const tar = gunzipSync(whole);
    for (const bytes of [0, 100, 512, 1024, 1100, 1536, 4000]) {
      await writeFile(path, gzipSync(tar.subarray(0, bytes)));
      expect(await refused()).toMatch(/truncated/);
    }
  });

  test('damaged archives and other files are refused', async () => {
    await using dir = await temporaryFolder();
    const path = join(dir.path, 'a.tar.gz');
    const noise = gzipSync(Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * i) % 251)));
    noise[20] = noise[20]! ^ 0x55;
    for (const [bytes, says] of [
      [
        Buffer.from('<html>not found</html>'),
        /wrong format or is damaged \(Tar archive is truncated/,
      ],
      [noise, /wrong format or is damaged/],
      [gzipSync('hello '.repeat(200)), /wrong format or is damaged \(Invalid tar/],
    ] as const) {
      await writeFile(path, bytes);
      expect((await refusal(streamTarGz(path, collector().onMember))).what).toMatch(says);
    }
    expect((await refusal(streamTarGz(join(dir.path, 'absent'), collector().onMember))).code).toBe(
      'DATASET_MISSING',
    );
  });

  test('a member with a header of megabytes is refused', async () => {
    await using dir = await temporaryFolder();
    const path = join(dir.path, 'a.tar.gz');
    const header = Buffer.alloc(512);
    header.write('a', 0);
    header.write('00077777777\0', 124); // 16 MiB
    header.write('L', 156);
    header.fill(' ', 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    await writeFile(path, gzipSync(Buffer.concat([header, Buffer.alloc(2 ** 24)])));
    expect((await refusal(streamTarGz(path, collector().onMember))).what).toMatch(/maximum size/);
  });

  test('links and paths outside the archive are refused', async () => {
    await using dir = await temporaryFolder();
    await writeFile(join(dir.path, 'file'), 'x');
    await symlink('/etc/passwd', join(dir.path, 'link'));
    const archive = join(dir.path, 'a.tar.gz');
    for (const [arguments_, says] of [
      [['link'], /"link" of type symlink; only files and folders are supported/],
      [['file', '--transform=s,file,../file,'], /"..\/file" outside the archive's own folder/],
      [['file', '--transform=s,file,/abs,', '-P'], /"\/abs" outside the archive's own folder/],
      [['file', '--transform=s,file,a/../../b,'], /"a\/..\/..\/b" outside/],
    ] as const) {
      execFileSync('tar', ['czPf', archive, '-C', dir.path, ...arguments_]);
      const { files, onMember } = collector();
      expect((await refusal(streamTarGz(archive, onMember))).what).toMatch(says);
      expect(files.size).toBe(0);
    }
  });

  test('an error of a sink is passed on', async () => {
    await using dir = await temporaryFolder();
    const error = new Error('the sink failed');
    const failing = {
      write: () => {
        throw error;
      },
      end: () => undefined,
    };
    await expect(streamTarGz(await packed(dir.path, 'gnu'), () => failing)).rejects.toBe(error);
  });
});
