/**
 * HTML templates: every value is escaped as text, unless this module made it.
 *
 *     html`<td>${worker}</td>`     a worker named <script> is shown as <script>
 */
import { foreignText } from '../text/escape-terminal.ts';

/** A piece of HTML. Only this module creates them. */
export interface Html {
  readonly html: string;
}

export type HtmlValue = string | number | null | Html | readonly HtmlValue[];

/** Values are escaped, lists joined; null is empty. For text and for attributes in quotes. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let text = parts[0] ?? '';
  for (const [index, value] of values.entries())
    text += valueHtml(value) + (parts[index + 1] ?? '');
  return { html: text };
}

/** Markup of Ridgeline without unescaped foreign text: charts, the style sheet. */
export function ownMarkup(markup: string): Html {
  return { html: markup };
}

export function descriptionList(facts: readonly (readonly [name: string, text: string])[]): Html {
  return html`<dl class="provenance">
    ${facts.map(
      ([name, text]) =>
        html`<dt>${name}</dt>
          <dd>${text}</dd>`,
    )}
  </dl>`;
}

function valueHtml(value: HtmlValue): string {
  if (value === null) return '';
  if (typeof value === 'string') return escaped(value);
  if (typeof value === 'number') return String(value);
  if ('html' in value) return value.html;
  return value.map(valueHtml).join('');
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
