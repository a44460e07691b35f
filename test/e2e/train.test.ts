/** Training without a search: stopped and resumed, several seeds, a saved model. */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inProcess } from '../cli/support/in-process.ts';
import { ridgeline, scratchDir, start } from './support/processes.ts';

interface TrainJson {
  readonly digest: string | null;
  readonly train_accuracy: number | null;
  readonly validation_accuracy: number;
  readonly test_accuracy: number;
  readonly curve: readonly { readonly step: number; readonly validation_accuracy: number }[];
  readonly seeds: readonly { readonly seed: number; readonly validation_accuracy: number }[];
  readonly ensemble: { readonly members: readonly { readonly seed: number }[] };
}

function writeRecipe(dir: string, hidden: number, cycles: number): string {
  const path = join(dir, 'recipe.yaml');
  writeFileSync(
    path,
    `study: small-recipe
seed: 1
dataset: { name: digits, train: { count: 1000 }, validation: { count: 400 }, test: { count: 397 } }
trainer:
  hidden: ${hidden}
  batch: 50
  learning_rate: { min: 1.0e-4, max: 0.1, step_size: 100 }
  cycles: ${cycles}
  dropout: 0.2
  lambda: 1.0e-3
`,
  );
  return path;
}

/** For several processes in sequence; they take seconds on an idle machine. */
const timeoutMs = 240_000;

describe('train --resume', () => {
  test(
    'training resumed after Ctrl-C and after kill -9 ends with the digest of uninterrupted training',
    async () => {
      const dir = scratchDir();
      const recipe = writeRecipe(dir, 400, 12);
      const state = (name: string): string[] => ['--state', join(dir, name), '--format', 'json'];
      const whole = await ridgeline(['train', recipe, ...state('whole'), '--quiet']);
      expect(whole.stderr).toBe('');
      const { digest, curve } = JSON.parse(whole.stdout) as TrainJson;

      const interrupted = start(['train', recipe, ...state('stopped')]);
      await interrupted.prints(/epoch 10\.00 of 120/);
      interrupted.kill('SIGINT');
      const stopped = await interrupted.finished;
      expect(stopped.code).toBe(130);
      expect(stopped.stdout).toBe('');
      expect(stopped.stderr).toMatch(
        /the progress is saved. To resume:\n {2}ridgeline train .* --resume/,
      );

      const resumed = start(['train', recipe, ...state('stopped'), '--resume']);
      await resumed.prints(/seed 1 resumes at step \d+ of 2400[^]*epoch \d/);
      resumed.kill('SIGKILL');
      expect((await resumed.finished).signal).toBe('SIGKILL');

      const ended = await ridgeline(['train', recipe, ...state('stopped'), '--resume', '--quiet']);
      const result = JSON.parse(ended.stdout) as TrainJson;
      expect(result.digest).toBe(digest);
      expect(result.curve).toEqual(curve);
      expect(globSync(join(dir, 'stopped/training/**/*.checkpoint'))).toEqual([]);
    },
    timeoutMs,
  );

  test(
    'a damaged checkpoint, and one of a changed recipe, are refused with a fix',
    async () => {
      const dir = scratchDir();
      const recipe = writeRecipe(dir, 400, 100);
      const flags = ['--state', join(dir, 'state')];
      const none = await ridgeline(['train', recipe, ...flags, '--resume']);
      expect([none.code, none.stderr]).toEqual([
        1,
        expect.stringMatching(/There is no checkpoint of small-recipe.*\n {2}fix: Train without/),
      ]);

      const interrupted = start(['train', recipe, ...flags]);
      await interrupted.prints(/epoch 10\.00 of 1000/);
      const second = await ridgeline(['train', recipe, ...flags]);
      expect([second.code, second.stderr]).toEqual([
        1,
        expect.stringMatching(/is already being trained by process \d+/),
      ]);
      interrupted.kill('SIGTERM');
      expect((await interrupted.finished).code).toBe(143);

      writeRecipe(dir, 400, 101);
      const changed = await ridgeline(['train', recipe, ...flags, '--resume']);
      expect([changed.code, changed.stderr]).toEqual([
        1,
        expect.stringMatching(/belong to another recipe: it differs in trainer\.cycles/),
      ]);

      writeRecipe(dir, 400, 100);
      const [checkpoint] = globSync(join(dir, 'state/training/**/*.checkpoint'));
      const bytes = readFileSync(checkpoint!);
      bytes[bytes.length - 1]! ^= 1;
      writeFileSync(checkpoint!, bytes);
      const damaged = await ridgeline(['train', recipe, ...flags, '--resume']);
      expect([damaged.code, damaged.stderr]).toEqual([
        1,
        expect.stringMatching(/is damaged: its SHA-256 digest does not match/),
      ]);
    },
    timeoutMs,
  );
});

describe('several seeds', () => {
  test(
    'several seeds print their means, and an ensemble saves a model that predicts with the printed accuracy',
    async () => {
      const dir = scratchDir();
      const recipe = writeRecipe(dir, 16, 2);
      const model = join(dir, 'model.npz');
      const common = (state: string): string[] => [
        '--state',
        join(dir, state),
        '--format',
        'json',
        '--quiet',
      ];
      const [means, together] = await Promise.all([
        ridgeline(['train', recipe, '--seeds', '3', ...common('means')]),
        ridgeline([
          'train',
          recipe,
          '--ensemble',
          'seeds=3',
          '--save',
          model,
          ...common('together'),
        ]),
      ]);
      const seeds = JSON.parse(means.stdout) as TrainJson;
      const mean = seeds.seeds.reduce((sum, seed) => sum + seed.validation_accuracy / 3, 0);
      expect(seeds.seeds.map(({ seed }) => seed)).toEqual([1, 2, 3]);
      expect(seeds.validation_accuracy).toBeCloseTo(mean, 12);
      expect(seeds.curve.at(-1)!.validation_accuracy).toBe(seeds.validation_accuracy);

      const ensemble = JSON.parse(together.stdout) as TrainJson;
      expect(ensemble.ensemble.members.length % 3).toBe(0);
      expect(ensemble.train_accuracy).toBeNull();
      const all = await ridgeline(['predict', model, 'digits', '--format', 'jsonl']);
      const rows = all.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { label: number; predicted: number });
      expect(all.stderr).toMatch(new RegExp(`These are the ${rows.length} test images of `));
      const right = rows.filter(({ label, predicted }) => label === predicted).length;
      expect(right / rows.length).toBeCloseTo(ensemble.test_accuracy, 12);
    },
    timeoutMs,
  );
});

test('contradicting flags and an unwritable file are refused before training', async () => {
  const recipe = 'configs/figure-3.yaml';
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['--save', 'model.onnx'], /A model file must end with \.npz or \.safetensors/],
    [
      ['--save', '/nowhere/model.npz'],
      /\/nowhere\/model\.npz cannot be written: no such file or directory/,
    ],
    [['--chart', '/nowhere/curves.svg'], /\/nowhere\/curves\.svg cannot be written/],
    [['--seeds', '3', '--save', 'm.npz'], /Give --ensemble seeds=3/],
    [['--ensemble', '3'], /must be seeds=N/],
    [['--chart', 'curves.eps'], /must end with .*\.svg.*got "curves\.eps"/],
    [['--winner', '--lambda', '3'], /--lambda, --trial and --winner cannot be combined/],
    [['--winner'], /is a recipe, which has no trials/],
  ];
  await Promise.all(
    cases.map(async ([flags, message]) => {
      const { code, stdout, stderr } = await inProcess(['train', recipe, ...flags]);
      expect(stderr).toMatch(message);
      expect([code === 0, stdout]).toEqual([false, '']);
    }),
  );
});

test('RIDGELINE_KERNEL chooses the kernel, and --kernel chooses another one', async () => {
  const study = writeRecipe(scratchDir(), 4, 1);
  const env = { RIDGELINE_KERNEL: 'portable-plain' };
  const kernelOf = async (...options: string[]) => {
    const train = ['train', study, '--lambda', '0.001', '--format', 'json', ...options];
    const { code, stdout, stderr } = await ridgeline(train, { env });
    expect(code, stderr).toBe(0);
    return (JSON.parse(stdout) as { kernel: string }).kernel;
  };
  expect(await kernelOf()).toBe('portable');
  const { kernel: fastest } = JSON.parse(
    (await ridgeline(['train', study, '--lambda', '0.001', '--format', 'json'])).stdout,
  ) as { kernel: string };
  expect(await kernelOf('--kernel', 'auto')).toBe(fastest);
});
