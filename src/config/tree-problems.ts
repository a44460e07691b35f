/**
 * Tree problems: YAML features that a study file must not use: anchors and aliases, tags, merge keys, keys
 * that are not plain words, duplicate keys, and more than 32 levels. `prescan.ts` has bounded the tree.
 */
import {
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Document,
  type LineCounter,
} from 'yaml';
import type { TextProblem } from './problem-report.ts';

const depthMax = 32;

export function treeProblems(document: Document, lines: LineCounter): TextProblem[] {
  const problems: TextProblem[] = [];
  const at = (node: unknown): number => (isNode(node) ? (node.range?.[0] ?? 0) : 0);
  const report = (node: unknown, message: string): void => {
    problems.push({ offset: at(node), message });
  };

  const visitKey = (key: unknown, seen: Map<string, number>): void => {
    // A number, true or null has another name in plain data than in the tree.
    if (!isScalar(key) || typeof key.value !== 'string') {
      // In braces, the comma of `min: 1,0e-6` starts another key.
      const isNumber = isScalar(key) && typeof key.value === 'number';
      const hint = isNumber ? ', not a number; write decimals with a point, such as 1.0e-6' : '';
      return report(key, `a key must be a plain word${hint}`);
    }
    visit(key, 0);
    const name = key.value;
    const first = seen.get(name);
    if (name === '<<') report(key, 'merge keys are not supported: write the keys themselves');
    else if (first === undefined) seen.set(name, at(key));
    else report(key, `${name} is given twice, first in line ${lines.linePos(first).line}`);
  };

  const visit = (node: unknown, depth: number): void => {
    if (isAlias(node)) {
      const text = `"*${node.source}" in quotes`;
      return report(node, `aliases are not supported: write the value itself, or ${text}`);
    }
    if (depth > depthMax) return report(node, `nested more than ${depthMax} levels deep`);
    if (isCollection(node) || isScalar(node)) {
      if (node.anchor !== undefined) report(node, 'anchors are not supported');
      if (node.tag !== undefined)
        report(node, `the tag ${node.tag} is not supported: write the value alone`);
    }
    if (isMap(node)) {
      const seen = new Map<string, number>();
      for (const { key, value } of node.items) {
        visitKey(key, seen);
        visit(value, depth + 1);
      }
    } else if (isSeq(node)) {
      for (const item of node.items) visit(item, depth + 1);
    }
  };
  visit(document.contents, 1);
  return problems;
}
