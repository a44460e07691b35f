import { describe, expect, test } from 'vitest';
import { OutputReader, type OutputRules } from '../../../src/trainers/command/output-reader.ts';
import type { Measurement } from '../../../src/study/trial.ts';

const rules: OutputRules = { from: 0, to: 30, metrics: ['loss'], records: 0, needsState: false };

function read(text: string, more: Partial<OutputRules> = {}, chunk = text.length) {
  const measured: Measurement[] = [];
  const reader = new OutputReader({ ...rules, ...more }, (point) => measured.push(point));
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += chunk) reader.push(bytes.subarray(at, at + chunk));
  const outcome = reader.end();
  return { measured, outcome, problem: reader.problem };
}

const done = '{"done":30,"metrics":{"loss":0.5}}\n';

describe('the output of a command', () => {
  test('gives its measurements and its result, however its bytes are divided', () => {
    const text = `{"step":10,"metrics":{"loss":2}}\n\n{"step":20}\n{"step":25,"metrics":{"loss":1}}\n${done}`;
    for (const chunk of [1, 7, text.length])
      expect(read(text, {}, chunk)).toEqual({
        measured: [
          { step: 10, metrics: { loss: 2 } },
          { step: 25, metrics: { loss: 1 } },
        ],
        outcome: { kind: 'done', metrics: { loss: 0.5 }, state: null, correct: null, digest: null },
        problem: null,
      });
  });

  test('may end without a newline', () => {
    expect(read(done.trim()).outcome).toMatchObject({ kind: 'done' });
  });

  test('that diverged names the step', () => {
    expect(read('{"step":10}\n{"diverged":17}\n').outcome).toEqual({ kind: 'diverged', step: 17 });
  });

  test.each([
    ['', 'printed no {"done": 30, "metrics": {…}}'],
    ['{"step":10}\n', 'printed no {"done": 30, "metrics": {…}}'],
    [`${done}${done}`, 'follows the last one'],
    [`${done}{"diverged":30}`, 'follows the last one'],
    ['{"done":29,"metrics":{"loss":1}}', 'has done 29 instead of 30'],
    ['{"done":30,"metrics":{}}', 'has no metric loss'],
    ['{"done":30,"metrics":{"loss":null}}', 'has loss null, not a finite number'],
    ['{"done":30,"metrics":{"loss":NaN}}', 'has NaN or Infinity, which JSON does not have'],
    ['{"done":30,"metrics":{"loss":1e999}}', 'has loss null, not a finite number'],
    [
      '{"done":30,"metrics":{"loss":1,"f1":1}}',
      'has the metric f1, which trainer.metrics does not declare',
    ],
    ['{"done":30,"metrics":[1]}', 'has metrics that are no object'],
    [
      '{"done":30,"metrics":{"loss":1},"digest":"abc"}',
      'has a digest that is not 64 hexadecimal digits',
    ],
    [
      '{"done":30,"metrics":{"loss":1},"correct":"01"}',
      'has correct, but the study has no trainer.records',
    ],
    ['{"step":31}', 'has step 31, not a whole number from 0 to 30'],
    ['{"step":10}\n{"step":9}', 'has step 9, not a whole number from 10 to 30'],
    [
      '{"step":10,"metrics":{"loss":1}}\n{"step":10,"metrics":{"loss":1}}',
      'measures step 10 after step 10',
    ],
    ['{"diverged":1.5}', 'has diverged 1.5, not a whole number'],
    ['{"epoch":1}', 'has none of the keys step, done and diverged'],
    ['Epoch 1/30', 'is no JSON; print other text to stderr'],
    ['[1]', 'is no JSON object; print other text to stderr'],
  ])('%j has a problem that says what is wrong', (text, problem) => {
    const found = read(text);
    expect(found.outcome).toBeNull();
    expect(found.problem).toContain(problem);
  });

  test('of more than 16 MiB is a problem before it has ended', () => {
    const reader = new OutputReader(rules, () => undefined);
    const line = Buffer.from(`{"step":1,"note":"${'x'.repeat(1024 * 1024)}"}\n`);
    for (let i = 0; i < 16; i++) reader.push(line);
    expect(reader.problem).toBe('printed more than 16 MiB; print fewer lines');
  });

  test('of a trainer that resumes names its state', () => {
    const needsState = true;
    expect(read(done, { needsState }).problem).toContain('has no state');
    const saved = '{"done":30,"metrics":{"loss":0.5},"state":"out/state"}';
    expect(read(saved, { needsState }).outcome).toMatchObject({ state: 'out/state' });
  });

  test('has the correct records as bits, and an accuracy that follows from them exactly', () => {
    const accuracy = { metrics: ['validation_accuracy'], records: 11 };
    const line = (correct: string, value: number): string =>
      JSON.stringify({ done: 30, metrics: { validation_accuracy: value }, correct });
    expect(read(line('10000000011', Math.fround(3 / 11)), accuracy).outcome).toMatchObject({
      metrics: { validation_accuracy: 3 / 11 },
      correct: new Uint8Array([1, 6]),
    });
    expect(read(line('10000000011', 0.3), accuracy).problem).toContain(
      'has validation_accuracy 0.3, but 3 of 11 records are marked as correct',
    );
    expect(read(line('1000000001', 0.3), accuracy).problem).toContain('not 11 characters 0 and 1');
    expect(read('{"done":30,"metrics":{"validation_accuracy":0.3}}', accuracy).problem).toContain(
      'has no correct, but the study has records: 11',
    );
  });

  test('has accuracies from 0 to 1', () => {
    const text = '{"done":30,"metrics":{"accuracy":73.1}}';
    expect(read(text, { metrics: ['accuracy'] }).problem).toContain('a share from 0 to 1');
  });
});
