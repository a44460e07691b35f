/** Files that a user names: replaced whole, through links, into devices; what cannot be written is told before. */
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
import { refuseUnwritable, writeOutputFile } from '../../../src/cli/results/output-file.ts';
import { scratchDir } from '../../e2e/support/processes.ts';

describe('an output file', () => {
  test('that is a link stays one, and the file behind it is replaced', () => {
    const dir = scratchDir();
    mkdirSync(join(dir, 'far'));
    writeFileSync(join(dir, 'far/real'), 'old');
    symlinkSync('far/real', join(dir, 'link'));
    writeOutputFile(join(dir, 'link'), 'new');
    expect(lstatSync(join(dir, 'link')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(dir, 'far/real'), 'utf8')).toBe('new');
    expect(readdirSync(join(dir, 'far'))).toEqual(['real']);
  });

  test('that is a link to nothing yet is made where the link points', () => {
    const dir = scratchDir();
    symlinkSync('later', join(dir, 'link'));
    writeOutputFile(join(dir, 'link'), 'new');
    expect(lstatSync(join(dir, 'link')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(dir, 'later'), 'utf8')).toBe('new');
  });

  test('that is a device stays one', () => {
    writeOutputFile('/dev/null', 'gone');
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
    expect(() => refuseUnwritable('/dev/null')).not.toThrow();
  });

  test('of a model is written by the same rules', () => {
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

describe('what cannot be written', () => {
  const told = (path: string): unknown => {
    try {
      refuseUnwritable(path);
    } catch (error) {
      return error;
    }
    return null;
  };

  test('is told before: a folder, and a file in a folder that is not there', () => {
    const dir = scratchDir();
    expect(told(dir)).toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
      what: `${dir} cannot be written: it is a folder.`,
    });
    expect(told(join(dir, 'none/file'))).toMatchObject({
      what: `${dir}/none/file cannot be written: no such file or directory.`,
    });
    expect(told(join(dir, 'file'))).toBeNull();
  });

  test('on a full device is told, with the reason', () => {
    expect(() => writeOutputFile('/dev/full', 'x')).toThrow(
      /\/dev\/full cannot be written: no space left on device\./,
    );
  });

  test('leaves a named pipe as it is', async () => {
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
