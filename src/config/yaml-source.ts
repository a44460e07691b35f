/**
 * YAML source: one YAML text with its tree, so that every value has a line and a column, also after its
 * key was renamed (`misspelt-keys.ts`). It does not check studies.
 */
import {
  isMap,
  isNode,
  isScalar,
  LineCounter,
  parseAllDocuments,
  type Document,
  type Pair,
  type YAMLParseError,
} from 'yaml';
import type { RidgelineError } from '../base/errors.ts';
import { indentationProblem } from './indentation.ts';
import { prescan } from './prescan.ts';
import { problemReport, type TextProblem } from './problem-report.ts';
import { treeProblems } from './tree-problems.ts';

/** Keys and indices from the top. */
export type Path = readonly (string | number)[];

export class YamlSource {
  readonly #text: string;
  readonly #file: string;
  readonly #lines: LineCounter;
  readonly #document: Document;

  /** @throws RidgelineError STUDY_INVALID for a text that is not one plain YAML document */
  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
    this.#lines = countLines(text);
    const refusal = prescan(text);
    if (refusal !== null) throw this.invalid([refusal]);
    this.#document = this.#parse();
    const problems = treeProblems(this.#document, this.#lines);
    if (problems.length > 0) throw this.invalid(problems);
  }

  #parse(): Document {
    const documents = parseAllDocuments(this.#text, {
      prettyErrors: false,
      // Found by `treeProblems`, which names both lines and compares no pairs.
      uniqueKeys: false,
      merge: false,
    });
    const [first, second] = 'empty' in documents ? [] : documents;
    if (first === undefined) throw this.invalid([{ offset: 0, message: 'the file is empty' }]);
    // The parser only warns about unknown tags; `treeProblems` rejects all tags.
    const errors = syntaxProblems(first.errors, this.#text);
    const message = 'a study file holds one document: remove "---" and what follows';
    if (second !== undefined) errors.push({ offset: second.range[0], message });
    if (first.directives.yaml.explicit === true)
      errors.push({ offset: 0, message: 'directives (%YAML) are not supported' });
    if (errors.length > 0) throw this.invalid(errors);
    return first;
  }

  /** The tree as plain data. */
  value(): unknown {
    return this.#document.toJS({ maxAliasCount: 0 });
  }

  /** The keys of the mapping at `path`; empty if there is no mapping. */
  keys(path: Path): string[] {
    return this.#pairs(path).map(({ key }) => keyText(key));
  }

  renameKey(path: Path, from: string, to: string): void {
    const pair = this.#pairs(path).find(({ key }) => keyText(key) === from);
    if (isScalar(pair?.key)) pair.key.value = to;
  }

  remove(path: Path): void {
    this.#document.deleteIn(path);
  }

  /**
   * Offset of the value at `path`, or of its key if the value starts on a later line. For a missing value,
   * the offset of the mapping that should have it.
   */
  valueOffset(path: Path): number {
    if (path.length === 0) return startOffset(this.#document.contents);
    const node: unknown = this.#document.getIn(path, true);
    if (!isNode(node) || !node.range) return this.valueOffset(path.slice(0, -1));
    const key = typeof path.at(-1) === 'number' ? node.range[0] : this.keyOffset(path);
    const isBelow = this.#lines.linePos(key).line < this.#lines.linePos(node.range[0]).line;
    return isBelow ? key : node.range[0];
  }

  /** Offset of the last key of `path`. */
  keyOffset(path: Path): number {
    const pair = this.#pairs(path.slice(0, -1)).find(({ key }) => keyText(key) === path.at(-1));
    return startOffset(pair?.key);
  }

  /** `study.yaml:3:10`, the place of the value at `path`. */
  place(path: Path): string {
    const { line, col } = this.#lines.linePos(this.valueOffset(path));
    return `${this.#file}:${line}:${col}`;
  }

  /** The error with these problems, in order of lines. */
  invalid(problems: readonly TextProblem[]): RidgelineError {
    return problemReport(this.#file, this.#text, this.#lines, problems);
  }

  #pairs(path: Path): readonly Pair[] {
    const node: unknown = this.#document.getIn(path, true);
    return isMap(node) ? node.items : [];
  }
}

/** After a tab or a wrong indentation the parser misreads the levels: its later errors only follow from that. */
function syntaxProblems(errors: readonly YAMLParseError[], text: string): TextProblem[] {
  const indentation = errors.length === 0 ? null : indentationProblem(text);
  if (indentation !== null) return [indentation];
  const isTab = ({ code }: YAMLParseError): boolean => code === 'TAB_AS_INDENT';
  const firstTab = errors.find(isTab)?.pos[0] ?? Infinity;
  return errors
    .filter((error) => isTab(error) || error.pos[0] < firstTab)
    .map((error) => ({
      offset: error.pos[0],
      message: isTab(error) ? `${error.message}: use spaces` : error.message,
    }));
}

/** Line starts are counted here, because the parser skips lines that it cannot place. */
function countLines(text: string): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (const { index } of text.matchAll(/\n/g)) lines.addNewLine(index + 1);
  return lines;
}

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : '';
}

function startOffset(node: unknown): number {
  return isNode(node) && node.range ? node.range[0] : 0;
}
