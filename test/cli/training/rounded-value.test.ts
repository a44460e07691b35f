/** A λ that was copied from a table. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Context } from '../../../src/cli/process/context.ts';
import { noteRounded } from '../../../src/cli/training/rounded-value.ts';
import { loadStudy } from '../../../src/config/load-study.ts';
import { describeTrainer } from '../../../src/trainers/registry.ts';
import { testContext } from '../support/test-context.ts';

test.each([
  [
    1.26e-2,
    'λ 0.0126 is near that of coarse/3, 0.012577841815055349: --trial coarse/3 (or that number) gives its digest\n',
  ],
  [0.012577841815055349, ''],
  [0.5, ''],
])(
  'a trained λ of %s names the trial of the study that it was rounded from',
  async (lambda, note) => {
    const state = mkdtempSync(join(tmpdir(), 'ridgeline-rounded-'));
    onTestFinished(() => rmSync(state, { recursive: true }));
    let text = '';
    const stderr = { write: (line: string) => void (text += line) };
    const context = { ...testContext({ state }), stderr } as unknown as Context;
    const spec = await loadStudy('configs/quickstart.yaml', describeTrainer);
    await noteRounded(spec, lambda, context);
    expect(text).toBe(note);
  },
);
