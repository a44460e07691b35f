/**
 * A look at a YAML text before any parser sees it, in one pass: too large, too deep, or with anchors,
 * aliases and tags, it is refused here. Parsers recurse and expand; a text of a few kilobytes must not
 * be able to stop the process.
 */

/** Where and why a text is refused; null for one that may be parsed. */
export interface Refusal {
  readonly offset: number;
  readonly message: string;
}

const textCharactersMax = 256 * 1024;
const depthMax = 32;
const indentationMax = 256;

export function prescan(text: string): Refusal | null {
  if (text.length > textCharactersMax) {
    return {
      offset: 0,
      message: `the file has ${text.length} characters; a study has at most ${textCharactersMax}`,
    };
  }
  let depth = 0;
  let quote: string | null = null;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (quote !== null) {
      if (character === '\\' && quote === '"') at += 1;
      else if (character === quote) quote = null;
      continue;
    }
    const before = at === 0 ? '\n' : text.charAt(at - 1);
    const startsToken = /[\s[{,:-]/.test(before);
    if ((character === '"' || character === "'") && startsToken) quote = character;
    else if (character === '#' && /\s/.test(before)) at = endOfLine(text, at);
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    else if (before === '\n' && /^\s{257}/.test(text.slice(at, at + indentationMax + 1))) {
      return { offset: at, message: `indented by more than ${indentationMax} characters` };
    } else if (startsToken && /[&*!]/.test(character) && /[\w!<]/.test(text[at + 1] ?? '')) {
      const what = character === '!' ? 'tags' : 'anchors and aliases';
      return {
        offset: at,
        message: `${what} are not supported: write the value itself, in quotes where it begins with "${character}"`,
      };
    }
    if (depth > depthMax)
      return { offset: at, message: `nested more than ${depthMax} levels deep` };
    if (character === '-' && /^(?:- ?){33}/.test(text.slice(at, at + 66))) {
      return { offset: at, message: `nested more than ${depthMax} levels deep` };
    }
  }
  return null;
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end - 1;
}
