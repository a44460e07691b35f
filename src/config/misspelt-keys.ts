/**
 * Misspelt keys: reports every unknown key of a file and renames it to the key that was meant, so that the
 * same run also checks its value.
 */
import type { z } from 'zod';
import type { KnownKeys } from './known-keys.ts';
import { issuePath, keyMeant, labelled, unknownKeyMessage } from './shape-problems.ts';
import type { TextProblem } from './problem-report.ts';
import type { Path, YamlSource } from './yaml-source.ts';

/** Most rounds: each round corrects one more level of keys. */
const roundsMax = 8;

/** Renames or removes unknown keys in `source`. @returns a problem for each, with its place in the file */
export function correctKeys(
  source: YamlSource,
  schema: z.ZodType,
  known: KnownKeys,
): readonly TextProblem[] {
  const problems: TextProblem[] = [];
  for (let round = 0; round < roundsMax; round++) {
    const parsed = schema.safeParse(source.value());
    const unknown = (parsed.error?.issues ?? []).flatMap((issue) => unknownPaths(issue));
    if (unknown.length === 0) break;
    for (const path of unknown) problems.push(correct(source, path, known));
  }
  return problems;
}

function unknownPaths(issue: z.core.$ZodIssue): Path[] {
  const path = issuePath(issue);
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => [...path, key]);
  if (issue.code !== 'invalid_union') return [];
  // Only alternatives that are mappings have keys; an unknown key in one is reported for it.
  return issue.errors
    .flat()
    .flatMap((inner) => unknownPaths({ ...inner, path: [...issue.path, ...inner.path] }));
}

function correct(source: YamlSource, path: Path, known: KnownKeys): TextProblem {
  const parent = path.slice(0, -1);
  const key = String(path.at(-1));
  const message = labelled(path, unknownKeyMessage(parent, key, known));
  const problem = { offset: source.keyOffset(path), message };
  const meant = keyMeant(parent, key, known);
  if (meant !== null && !source.keys(parent).includes(meant)) source.renameKey(parent, key, meant);
  else source.remove(path);
  return problem;
}
