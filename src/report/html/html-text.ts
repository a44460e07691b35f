/**
 * HTML from templates in which every value is text unless it was made here: escaping cannot be forgotten.
 *
 *     html`<td>${worker}</td>`     a worker called <script> is shown as <script>
 */
import { foreignText } from '../text/escape-terminal.ts';

/** A piece of finished HTML. Only this module makes them. */
export interface Html {
  readonly html: string;
}

export type HtmlValue = string | number | null | Html | readonly HtmlValue[];

/** Values are escaped, lists joined; null is nothing. Works in text and in attributes with quotes. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let text = parts[0] ?? '';
  for (const [index, value] of values.entries()) text += textOf(value) + (parts[index + 1] ?? '');
  return { html: text };
}

/** Markup that another part of the program made and that holds nothing foreign unescaped: charts, the style sheet. */
export function ownMarkup(markup: string): Html {
  return { html: markup };
}

function textOf(value: HtmlValue): string {
  if (value === null) return '';
  if (typeof value === 'string') return escaped(value);
  if (typeof value === 'number') return String(value);
  if ('html' in value) return value.html;
  return value.map(textOf).join('');
}

function escaped(text: string): string {
  // A number and its unit stay on one line.
  const joined = foreignText(text).replaceAll(/(?<=\d) (?=%)/g, '\u00a0');
  return joined.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
