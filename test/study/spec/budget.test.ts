/** The key `budget`: its values, the files that are refused, and studies with another budget. */
import { describe, expect, test } from 'vitest';
import { canonicalSpec, parseSpec, specFile } from '../../../src/study/spec/canonical-spec.ts';
import { requireBudget } from '../../../src/study/spec/budget-rules.ts';
import { checkStudy } from '../../../src/study/spec/check-study.ts';
import { compareSpecs, isFinished } from '../../../src/study/spec/compare-specs.ts';
import type { BudgetSpec } from '../../../src/study/budget.ts';
import type { StudySpec } from '../../../src/study/spec/study-spec.ts';
import { describeTrainer } from '../../../src/trainers/registry.ts';
import { exampleStudy, plainTrainer } from '../support/example-study.ts';

const trainer = describeTrainer({});
const spec = exampleStudy({ trainer: plainTrainer });
const loss = { metric: 'validation_loss', direction: 'minimize' } as const;

function problems(budget: object, changes: Partial<StudySpec> = {}): string[] {
  const checked = checkStudy({ ...specFile({ ...spec, ...changes }), budget }, trainer);
  if (checked.kind === 'valid') return [];
  const issues = checked.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
  return [...issues, ...checked.broken.map(({ path, message }) => `${path.join('.')} ${message}`)];
}

describe('the key budget', () => {
  test('is in the canonical text if it is given, and comes back from it', () => {
    expect(canonicalSpec(spec)).not.toContain('budget');
    const limited = { ...spec, budget: { steps: 500, time: '1h30m', target: 0.9 } };
    expect(parseSpec(canonicalSpec(limited), describeTrainer).budget).toEqual(limited.budget);
  });

  test.each([
    [{}, /^budget needs steps, time or target/],
    [{ steps: 0 }, /^budget.steps must be a whole number from 1/],
    [{ time: '2 fortnights' }, /^budget.time must be a duration such as 90s.*got 2 fortnights/],
    [{ time: 7_200 }, /^budget.time must be a duration.*got 7200/],
    [{ time: '0s' }, /^budget.time must be longer than 0 s/],
    [{ target: 50 }, /^budget.target must be from 0 to 1, .* Write 0.5 for 50 %/],
    [{ target: -0.1 }, /^budget.target must be from 0 to 1/],
  ])('is refused as %j, with the fix', (budget, message) => {
    expect(problems(budget)).toEqual([expect.stringMatching(message)]);
  });

  test('has a target in the range of the objective', () => {
    expect(problems({ target: 1.7 }, { objective: loss })).toEqual([]);
    expect(problems({ target: -1 }, { objective: loss })[0]).toMatch(/must be 0 or more/);
  });

  test('is refused if it is smaller than one trial', () => {
    const limited = (steps: number) => ({ ...spec, budget: { steps } });
    expect(() => requireBudget(limited(400), trainer, 1_000)).not.toThrow();
    expect(() => requireBudget(limited(399), trainer, 1_000)).toThrow(
      'but one trial takes 400 steps',
    );
  });
});

describe('a study with another budget', () => {
  const kind = (stored?: BudgetSpec, given?: BudgetSpec, objective = spec.objective) => {
    const studies = [stored, given].map((budget) => ({ ...spec, objective, budget }));
    const found = compareSpecs(studies[0]!, studies[1]!);
    return found.kind === 'budget' ? (found.isLarger ? 'larger' : 'other') : found.kind;
  };

  test('is the same study, with a larger budget or another one', () => {
    expect(kind({ steps: 5 }, { steps: 5 })).toBe('same');
    expect(kind({ time: '2h' }, { time: '120m' })).toBe('same');
    expect(kind({ steps: 5 }, { steps: 6 })).toBe('larger');
    expect(kind({ steps: 5 })).toBe('larger');
    expect(kind({ time: '1h' }, { time: '2h' })).toBe('larger');
    expect(kind({ time: '2h' }, { time: '1h' })).toBe('other');
    expect(kind(undefined, { time: '1h' })).toBe('other');
    expect(kind({ target: 0.5 }, { target: 0.6 })).toBe('larger');
    expect(kind({ target: 1.6 }, { target: 1.5 }, loss)).toBe('larger');
  });

  test('differs if trials that exist could contradict its budget', () => {
    expect(kind({ steps: 6 }, { steps: 5 })).toBe('different');
    expect(kind({ target: 0.6 }, { target: 0.5, steps: 9 })).toBe('different');
    const found = compareSpecs(
      { ...spec, budget: { steps: 6 } },
      { ...spec, budget: { steps: 5 } },
    );
    expect(found).toMatchObject({ differences: [{ key: 'budget.steps', stored: 6, given: 5 }] });
  });

  test('continues if its budget has ended and the new one is larger', () => {
    const budgetEnd = { by: 'time', steps: 400 } as const;
    const larger = { kind: 'budget', isLarger: true } as const;
    expect(isFinished({ status: 'complete', budgetEnd }, larger)).toBe(false);
    expect(isFinished({ status: 'complete' }, larger)).toBe(true);
    expect(isFinished({ status: 'running', budgetEnd }, larger)).toBe(false);
    const other = { ...larger, isLarger: false };
    expect(isFinished({ status: 'complete', budgetEnd }, other)).toBe(true);
  });
});
