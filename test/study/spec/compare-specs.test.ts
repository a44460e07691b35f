import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareSpecs, hasMoved } from '../../../src/study/spec/compare-specs.ts';
import type { StageSpec, StudySpec } from '../../../src/study/spec/study-spec.ts';
import { exampleStudy, plainTrainer } from '../support/example-study.ts';
import { anyStudy } from '../support/study-arbitrary.ts';

describe('comparing a study with the stored one', () => {
  const spec = exampleStudy({ trainer: plainTrainer });
  const [coarse, fine] = [spec.stages[0]!, spec.stages[1]!];

  const keys = (stored: StudySpec, given: StudySpec): string[] => {
    const comparison = compareSpecs(stored, given);
    return comparison.kind === 'different'
      ? comparison.differences.map(({ key }) => key).toSorted()
      : [];
  };

  test('distinguishes equal, extended and different studies', () => {
    const kind = (stages: StudySpec['stages']): string =>
      compareSpecs(spec, { ...spec, stages }).kind;
    expect(kind(spec.stages)).toBe('same');
    expect(kind([coarse, { ...fine, trials: 20 }])).toBe('extended');
    expect(kind([coarse, fine, { ...fine, name: 'finer' }])).toBe('extended');
    expect(kind([{ ...coarse, trials: 20 }, fine])).toBe('different');
    expect(kind([coarse, { ...fine, trials: 5 }])).toBe('different');
    expect(kind([coarse])).toBe('different');
  });

  test('extends a study by known configurations behind those of its last stage', () => {
    const kind = (before: Partial<StageSpec>, after: Partial<StageSpec>): string =>
      compareSpecs(
        { ...spec, stages: [coarse, { ...fine, ...before }] },
        { ...spec, stages: [coarse, { ...fine, ...after }] },
      ).kind;
    const [a, b] = [{ lambda: 0.1 }, { lambda: 0.2 }];
    expect(kind({}, { also: [a] })).toBe('extended');
    expect(kind({ also: [a] }, { also: [a, b] })).toBe('extended');
    expect(kind({ also: [a] }, { also: [a, b], trials: 20 })).toBe('extended');
    expect(kind({ also: [a] }, { also: [b, a] })).toBe('different');
    expect(kind({ also: [a, b] }, { also: [a] })).toBe('different');
    const inner = [{ ...coarse, also: [a] }, fine];
    expect(compareSpecs(spec, { ...spec, stages: inner }).kind).toBe('different');
  });

  test('ignores where the files of a data set are, since their records decide', () => {
    const { name: _, ...dataset } = { name: undefined, ...spec.dataset! };
    const at = (path: string, more: Partial<StudySpec> = {}): StudySpec => ({
      ...spec,
      ...more,
      dataset: { ...dataset, name: undefined, path },
    });
    expect(compareSpecs(at('/e1/l.npz'), at('/e2/l.npz'))).toEqual({ kind: 'same' });
    expect(hasMoved(at('/e1/l.npz'), at('/e2/l.npz'))).toBe(true);
    expect(hasMoved(at('/e1/l.npz'), at('/e1/l.npz'))).toBe(false);
    const longer = { stages: [coarse, { ...fine, trials: 20 }] };
    expect(compareSpecs(at('/e1'), at('/e2', longer)).kind).toBe('extended');
    expect(keys(spec, at('/e2'))).toEqual(['dataset.name', 'dataset.path']);
  });

  test('names the differing values by the keys of the study file', () => {
    const other = {
      ...spec,
      seed: 4,
      trainer: { ...plainTrainer, learningRate: { ...plainTrainer.learningRate, stepSize: 5 } },
    };
    expect(compareSpecs(spec, other)).toEqual({
      kind: 'different',
      differences: [
        { key: 'seed', stored: spec.seed, given: 4 },
        {
          key: 'trainer.learning_rate.step_size',
          stored: plainTrainer.learningRate.stepSize,
          given: 5,
        },
      ],
    });
  });

  test('names a changed alternative or list as a whole', () => {
    const other: StudySpec = {
      ...spec,
      dataset: { ...spec.dataset!, train: ['a', 'b'], test: undefined },
      trainer: { ...plainTrainer, cycles: undefined, epochs: 2, measure: 'end' },
    };
    expect(keys(spec, other)).toEqual([
      'dataset.test',
      'dataset.train',
      'trainer.cycles',
      'trainer.epochs',
      'trainer.measure',
    ]);
    const fewer = { ...spec, stages: [{ ...coarse, trials: 13 }] };
    expect(keys(spec, fewer)).toEqual([`stages.${coarse.name}.trials`, `stages.${fine.name}`]);
  });

  test('reports extended for more trials in the last stage and for more stages', () => {
    fc.assert(
      fc.property(anyStudy, fc.nat({ max: 9 }), fc.boolean(), (stored, more, adds) => {
        const last = stored.stages.at(-1)!;
        const added = { ...last, name: 'one-more' };
        const stages = [
          ...stored.stages.slice(0, -1),
          { ...last, trials: last.trials + more },
          ...(adds ? [added] : []),
        ];
        const kind = more === 0 && !adds ? 'same' : 'extended';
        expect(compareSpecs(stored, { ...stored, stages })).toEqual({ kind });
      }),
    );
  });
});
