/** Output files: replaced whole, through links and into devices; unwritable paths are reported before the work. */
import { execFileSync, spawn } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { saveModel } from '../../../src/cli/training/model-files.ts';
import { checkWritable, writeOutputFile } from '../../../src/cli/results/output-file.ts';
import { scratchDir } from '../../e2e/support/processes.ts';

describe('an output file', () => {
  test('an output file that is a link stays a link, and its target is replaced', () => {
    const dir = scratchDir();
    mkdirSync(join(dir, 'far'));
    writeFileSync(join(dir, 'far/real'), 'old');
    symlinkSync('far/real', join(dir, 'link'));
    writeOutputFile(join(dir, 'link'), 'new');
    expect(lstatSync(join(dir, 'link')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(dir, 'far/real'), 'utf8')).toBe('new');
    expect(readdirSync(join(dir, 'far'))).toEqual(['real']);
  });

  test('an output file that is a link to a missing file creates the target', () => {
    const dir = scratchDir();
    symlinkSync('later', join(dir, 'link'));
    writeOutputFile(join(dir, 'link'), 'new');
    expect(lstatSync(join(dir, 'link')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(dir, 'later'), 'utf8')).toBe('new');
  });

  test('an output file that is a device stays a device', () => {
    writeOutputFile('/dev/null', 'gone');
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
    expect(() => checkWritable('/dev/null')).not.toThrow();
  });

  test('a model file that is a link stays a link, and its target is replaced', () => {
    const dir = scratchDir();
    writeFileSync(join(dir, 'real.npz'), 'old');
    symlinkSync('real.npz', join(dir, 'link.npz'));
    saveModel(join(dir, 'link.npz'), {
      shape: { inputs: 1, hidden: 1, classes: 1 },
      image: { channels: 1, height: 1, width: 1, pixelMax: 255 },
      classNames: null,
      scale: new Float32Array(1),
      offset: new Float32Array(1),
      mirror: false,
      trainedOn: null,
      lambda: 0,
      members: [
        {
          seed: 1,
          step: 1,
          parameters: {
            w1: new Float32Array(1),
            b1: new Float32Array(1),
            w2: new Float32Array(1),
            b2: new Float32Array(1),
          },
        },
      ],
    });
    expect(lstatSync(join(dir, 'link.npz')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(dir, 'real.npz')).subarray(0, 2).toString()).toBe('PK');
    expect(readdirSync(dir).toSorted()).toEqual(['link.npz', 'real.npz']);
  });
});

describe('an unwritable output', () => {
  const failure = (path: string): unknown => {
    try {
      checkWritable(path);
    } catch (error) {
      return error;
    }
    return null;
  };

  test('a folder, and a file in a missing folder, are reported before the work', () => {
    const dir = scratchDir();
    expect(failure(dir)).toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
      what: `${dir} cannot be written: it is a folder.`,
    });
    expect(failure(join(dir, 'none/file'))).toMatchObject({
      what: `${dir}/none/file cannot be written: no such file or directory.`,
    });
    expect(failure(join(dir, 'file'))).toBeNull();
  });

  test('a full device is reported with the reason', () => {
    expect(() => writeOutputFile('/dev/full', 'x')).toThrow(
      /\/dev\/full cannot be written: no space left on device\./,
    );
  });

  test('a named pipe is written to and stays a pipe', async () => {
    const pipe = join(scratchDir(), 'pipe');
    execFileSync('sh', ['-c', 'mkfifo "$0"', pipe]);
    const reader = spawn('cat', [pipe]);
    const read = new Promise<string>((resolve) => {
      let text = '';
      reader.stdout.on('data', (piece: Buffer) => (text += piece.toString()));
      reader.on('close', () => resolve(text));
    });
    writeOutputFile(pipe, 'through');
    expect(await read).toBe('through');
    expect(statSync(pipe).isFIFO()).toBe(true);
  });
});
