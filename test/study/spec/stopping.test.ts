/** The key `stop`: its shape in the canonical text, and the studies for which it is refused. */
import { describe, expect, test } from 'vitest';
import { canonicalSpec, parseSpec } from '../../../src/study/spec/canonical-spec.ts';
import { checkStudy } from '../../../src/study/spec/check-study.ts';
import { specFile } from '../../../src/study/spec/canonical-spec.ts';
import { requireRungs } from '../../../src/study/spec/rung-problem.ts';
import { stopRule, type StudySpec } from '../../../src/study/spec/study-spec.ts';
import { describeTrainer } from '../../../src/trainers/registry.ts';
import { exampleStudy, plainTrainer, twoStages } from '../support/example-study.ts';

const trainer = describeTrainer({});
const measured = { ...plainTrainer, measure: 'cycle' };
const spec = exampleStudy({ trainer: measured });
const [coarse, fine] = twoStages(12, 12) as [StudySpec['stages'][0], StudySpec['stages'][0]];

function parsed(changes: object): StudySpec {
  return parseSpec(JSON.stringify({ ...specFile(spec), ...changes }), describeTrainer);
}

function problems(given: StudySpec): string[] {
  const checked = checkStudy(specFile(given), trainer);
  return checked.kind === 'valid'
    ? []
    : checked.broken.map(({ path, message }) => `${path.join('.')} ${message}`);
}

describe('the key stop', () => {
  test('is not in the canonical text of a study that stops no trial', () => {
    expect(canonicalSpec(parsed({ stop: 'never' }))).toBe(canonicalSpec(spec));
    expect(canonicalSpec(spec)).not.toContain('stop');
  });

  test('is valid for all stages, and a stage may have its own', () => {
    const mixed = parsed({ stop: 'clearly_worse' });
    expect(mixed.stages.map((stage) => stopRule(mixed, stage))).toEqual([
      'clearly_worse',
      'clearly_worse',
    ]);
    const own = { ...spec, stages: [{ ...coarse, stop: 'clearly_worse' } as const, fine] };
    expect(problems(own)).toEqual([]);
    expect(own.stages.map((stage) => stopRule(own, stage))).toEqual(['clearly_worse', 'never']);
  });

  test('is refused with an objective that is no share of images', () => {
    const objective = { metric: 'validation_loss', direction: 'minimize' } as const;
    expect(problems({ ...spec, objective, stop: 'clearly_worse' })[0]).toMatch(
      /^stop clearly_worse needs the objective validation_accuracy/,
    );
  });

  test('is refused with a lag', () => {
    const lagged = { ...coarse, sampler: 'model', lag: 4, stop: 'clearly_worse' } as const;
    expect(problems({ ...spec, stages: [lagged] })[0]).toMatch(
      /^stages.0.lag does not go with stop/,
    );
  });

  test.each([
    ['one cycle', { cycles: 1 }, /only one rung, its last step/],
    ['no measurement at a rung', { measure: 'end' }, /not measured at step 200/],
  ] as const)('is refused with %s, with the fix', (_, change, message) => {
    const given: StudySpec = {
      ...spec,
      trainer: { ...measured, ...change },
      stop: 'clearly_worse',
    };
    expect(() => requireRungs(given, trainer, 60)).toThrow(message);
    expect(() => requireRungs({ ...given, stop: 'never' }, trainer, 60)).not.toThrow();
  });
});
