/** Finished study: run once for the tests of a file; each of them changes its copy. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll } from 'vitest';
import { onFileEnd, ridgeline, scratchDir, writeStudy, type StudyText } from './processes.ts';

export interface FinishedStudy {
  /** Path of the study's file, in `dir`. */
  readonly study: string;
  readonly dir: string;
  /** State directory, in `dir`. */
  readonly state: string;
  /** What `run --format json` printed. */
  readonly stdout: string;
}

/** Runs the study before the tests of the file. @returns makes a copy for the running test */
export function finishedStudy(text: StudyText): () => FinishedStudy {
  const onEnd = onFileEnd();
  let original = '';
  let stdout = '';
  beforeAll(async () => {
    original = scratchDir(onEnd);
    const study = writeStudy(original, text);
    const oneThread = ['--workers', '1', '--threads', '1'];
    const options = ['--state', join(original, 'state'), '--format', 'json', ...oneThread];
    const done = await ridgeline(['run', study, ...options], { onEnd });
    if (done.code !== 0) throw new Error(done.stderr);
    stdout = done.stdout;
  });
  return () => {
    const dir = scratchDir();
    // With its permissions, which `cpSync` does not keep.
    execFileSync('cp', ['-a', `${original}/.`, dir]);
    return { study: join(dir, `${text.name}.yaml`), dir, state: join(dir, 'state'), stdout };
  };
}
