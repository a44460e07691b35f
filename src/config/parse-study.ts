/**
 * YAML text in, a study out; or every problem at once, each with its line, as a compiler would.
 *
 * Pure: `load-study.ts` reads the file. Three sieves, from coarse to fine: the text (`prescan.ts`), the
 * shape (`study-schema.ts`), the rules (`study/invariants.ts`). A finer one is asked only where the
 * coarser one found nothing, so that one mistake is reported once.
 */
import {
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  parseAllDocuments,
  type Document,
} from 'yaml';
import type { z } from 'zod';
import { RidgelineError } from '../base/errors.ts';
import { recipeProblems, studyProblems, type SpecProblem } from '../study/invariants.ts';
import type { RecipeSpec, StudySpec } from '../study/study-spec.ts';
import { alternativeProblems, recipeFrom, studyFrom } from './from-file.ts';
import { shapeProblems } from './shape-problems.ts';
import { prescan } from './prescan.ts';
import { isTouched, repair } from './repair.ts';
import { recipeSchema, studySchema } from './study-schema.ts';

export type StudyOrRecipe =
  | { readonly kind: 'study'; readonly spec: StudySpec }
  | { readonly kind: 'recipe'; readonly spec: RecipeSpec };

/** @throws RidgelineError STUDY_INVALID with every problem */
export function parseStudy(text: string, file: string): StudySpec {
  const source = new Source(text, file);
  return read(source, studySchema, (shape) => {
    const spec = studyFrom(shape);
    return { spec, problems: [...alternativeProblems(shape), ...studyProblems(spec)] };
  });
}

/** @throws RidgelineError STUDY_INVALID with every problem */
function parseRecipe(text: string, file: string): RecipeSpec {
  const source = new Source(text, file);
  return read(source, recipeSchema, (shape) => {
    const spec = recipeFrom(shape);
    return { spec, problems: [...alternativeProblems(shape), ...recipeProblems(spec)] };
  });
}

/** A file with stages is a study, one without is a recipe. */
export function parseStudyOrRecipe(text: string, file: string): StudyOrRecipe {
  return /^(?:stages|objective)\s*:/m.test(text)
    ? { kind: 'study', spec: parseStudy(text, file) }
    : { kind: 'recipe', spec: parseRecipe(text, file) };
}

function read<Shape, Spec>(
  source: Source,
  schema: z.ZodType<Shape>,
  build: (shape: Shape) => { readonly spec: Spec; readonly problems: readonly SpecProblem[] },
): Spec {
  const parsed = schema.safeParse(source.value());
  if (parsed.success) {
    const { spec, problems } = build(parsed.data);
    if (problems.length > 0) throw source.invalid(placed(problems));
    return spec;
  }
  const mended = repair(schema, source.value());
  const others =
    mended === null
      ? []
      : placed(build(mended.shape).problems).filter(
          (problem) => !isTouched(problem, mended.touched),
        );
  throw source.invalid([...shapeProblems(parsed.error, source.value()), ...others]);
}

/**
 * Rules in the file's spelling. An alternative that is missing (cycles, min and max) has its own
 * message; the rule's one on the stand-in value would only repeat it.
 */
function placed(problems: readonly SpecProblem[]): PlacedProblem[] {
  const alternatives = alternativePaths(problems);
  return problems
    .filter(({ path }, index) => index < alternatives.count || !alternatives.covers(path))
    .map(({ path, message }) => ({ path: path.map(yamlKey), message }));
}

function alternativePaths(problems: readonly SpecProblem[]) {
  const own = problems.filter(({ message }) =>
    /exactly one of|either min and max|both needed/.test(message),
  );
  return {
    count: own.length,
    covers: (path: readonly (string | number)[]) =>
      own.some(
        (problem) =>
          problem.path.length > 0 &&
          problem.path.every((key, index) => path[index] === key) &&
          path.length === problem.path.length + 1,
      ),
  };
}

function yamlKey(key: string | number): string | number {
  return typeof key === 'number'
    ? key
    : key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export interface PlacedProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** The problem is this key itself, not a value. */
  readonly key?: string;
}

/** One text with its lines: finds where a path stands, and writes the report. */
class Source {
  readonly #text: string;
  readonly #file: string;
  readonly #lines = new LineCounter();
  readonly #document: Document;

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
    const refusal = prescan(text);
    if (refusal !== null) {
      const line = text.slice(0, refusal.offset).split('\n');
      throw this.#report([
        { line: line.length, column: (line.at(-1)?.length ?? 0) + 1, message: refusal.message },
      ]);
    }
    const documents = parseAllDocuments(text, {
      lineCounter: this.#lines,
      uniqueKeys: true,
      stringKeys: true,
      merge: false,
    });
    const first = 'empty' in documents ? undefined : documents[0];
    if (first === undefined)
      throw this.#report([{ line: 1, column: 1, message: 'the file is empty' }]);
    this.#document = first;
    const second = 'empty' in documents ? undefined : documents[1];
    if (second?.range)
      throw this.#at([
        {
          offset: second.range[0],
          message: 'a study file holds one document: remove "---" and what follows',
        },
      ]);
    const errors = [...first.errors, ...first.warnings];
    if (errors.length > 0)
      throw this.#at(
        errors.map((error) => ({ offset: error.pos[0], message: firstLine(error.message) })),
      );
  }

  value(): unknown {
    return this.#document.toJS({ maxAliasCount: 0 });
  }

  invalid(problems: readonly PlacedProblem[]): RidgelineError {
    return this.#at(
      problems.map(({ path, message, key }) => {
        const name = [...path, ...(key === undefined ? [] : [key])].join('.');
        return {
          offset: this.#offsetOf(path, key),
          message: name === '' ? message : `${name}: ${message}`,
        };
      }),
    );
  }

  #at(problems: readonly { readonly offset: number; readonly message: string }[]): RidgelineError {
    return this.#report(
      problems
        .toSorted((a, b) => a.offset - b.offset)
        .map(({ offset, message }) => {
          const { line, col } = this.#lines.linePos(offset);
          return { line, column: col, message };
        }),
    );
  }

  #report(
    problems: readonly {
      readonly line: number;
      readonly column: number;
      readonly message: string;
    }[],
  ): RidgelineError {
    const source = this.#text.split('\n');
    const places = problems.map(({ line, column, message }) => {
      const quoted = (source[line - 1] ?? '').slice(0, 120);
      return `  ${this.#file}:${line}:${column}  ${message}\n      ${quoted}\n      ${' '.repeat(Math.min(column, 121) - 1)}^`;
    });
    const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
    return new RidgelineError(
      'STUDY_INVALID',
      `${this.#file} has ${count}:\n${places.join('\n')}`,
      'Edit the lines named above; configs/quickstart.yaml is a working example.',
    );
  }

  /** Where the value at `path` starts, or the key itself; a missing one is reported where its parent starts. */
  #offsetOf(path: readonly (string | number)[], key: string | undefined): number {
    for (let depth = path.length; depth >= 0; depth--) {
      const node =
        depth === 0 ? this.#document.contents : this.#document.getIn(path.slice(0, depth), true);
      if (!isNode(node) || isAlias(node)) continue;
      if (key !== undefined && depth === path.length && isMap(node)) {
        const pair = node.items.find(
          (item) => isPair(item) && isScalar(item.key) && item.key.value === key,
        );
        if (pair && isNode(pair.key) && pair.key.range) return pair.key.range[0];
      }
      if (node.range) return node.range[0];
    }
    return 0;
  }
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? message).replace(/ at line \d+, column \d+:?$/, '');
}
