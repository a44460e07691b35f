/**
 * Study updates: what changed of a study's page since the previous message of one stream. The page merges it
 * (`page/merge-update.ts`).
 *
 * A stream delivers every message, in order, and a new stream starts with the whole page. So a difference is
 * never missing, and a slow page still skips states: the difference is computed when a message can be sent.
 */
import type { CurveUpdate, StudyPage, StudyUpdate, TrialCurve } from '../page-messages.ts';

/** The texts of a page's fields, and of the entries of its lists. */
interface PageTexts {
  readonly fields: ReadonlyMap<string, string>;
  readonly rows: readonly string[];
  readonly points: readonly string[];
}

const texts = new WeakMap<StudyPage, PageTexts>();

/** The page of a study is the same for all streams, so its texts are created once. */
function textsOf(page: StudyPage): PageTexts {
  const known = texts.get(page);
  if (known !== undefined) return known;
  const { rows, points, curves: _curves, ...fields } = page;
  const created = {
    fields: new Map(Object.entries(fields).map(([field, value]) => [field, JSON.stringify(value)])),
    rows: rows.map((row) => JSON.stringify(row)),
    points: points.map((point) => JSON.stringify(point)),
  };
  texts.set(page, created);
  return created;
}

/** One for each stream. */
export class StudyUpdates {
  #sent: { readonly page: StudyPage; readonly texts: PageTexts } | null = null;
  /** The curves that the stream has, in order. */
  #spans: ReadonlyMap<string, Span> = new Map();

  /** @returns the text of a `StudyUpdate`; null if nothing changed */
  next(page: StudyPage): string | null {
    const before = this.#sent?.page.study === page.study ? this.#sent.texts : null;
    if (before === null) this.#spans = new Map();
    const now = textsOf(page);
    const changes = [
      ...changedFields(before, now),
      ...changedList('rows', before, now),
      ...changedList('points', before, now),
      ...this.#changedCurves(page.curves, before === null),
    ];
    this.#sent = { page, texts: now };
    if (before !== null && changes.length === 0) return null;
    return `{${[`"isWhole":${before === null}`, ...changes].join(',')}}`;
  }

  #changedCurves(curves: readonly TrialCurve[], isWhole: boolean): string[] {
    const before = this.#spans;
    const updates = curves.map((curve) => curveUpdate(curve, before.get(curve.trial)));
    this.#spans = new Map(curves.map(({ trial, points }) => [trial, spanOf(points)]));
    if (!isWhole && JSON.stringify([...before]) === JSON.stringify([...this.#spans])) return [];
    return [`"curves":${JSON.stringify(updates satisfies StudyUpdate['curves'])}`];
  }
}

/** The first and the last step of a curve. */
interface Span {
  readonly first: number;
  readonly last: number;
}

function spanOf(points: TrialCurve['points']): Span {
  return { first: points[0]?.step ?? 0, last: points.at(-1)?.step ?? 0 };
}

/** @param sent the span that the stream has; absent for none */
function curveUpdate({ trial, params, points }: TrialCurve, sent: Span | undefined): CurveUpdate {
  const { first, last } = spanOf(points);
  // The curve of a trial that was started again has earlier steps: all of it is sent.
  const isContinued = sent !== undefined && first >= sent.first && last >= sent.last;
  const added = isContinued ? points.filter(({ step }) => step > sent.last) : points;
  return { trial, params, firstStep: first, points: added };
}

function changedFields(before: PageTexts | null, now: PageTexts): string[] {
  const changed = [...now.fields].filter(([field, text]) => before?.fields.get(field) !== text);
  if (changed.length === 0) return [];
  const members = changed.map(([field, text]) => `${JSON.stringify(field)}:${text}`);
  return [`"fields":{${members.join(',')}}`];
}

function changedList(name: 'rows' | 'points', before: PageTexts | null, now: PageTexts): string[] {
  const parts = listParts(before?.[name] ?? [], now[name]);
  const isSame =
    before?.[name].length === now[name].length &&
    (parts.length === 0 || parts[0] === `{"kept":[0,${now[name].length}]}`);
  return isSame ? [] : [`"${name}":[${parts.join(',')}]`];
}

/** The texts of a `ListUpdate`: runs of entries that the list had before, and new entries. */
function listParts(before: readonly string[], now: readonly string[]): string[] {
  const places = new Map(before.map((text, at) => [text, at]));
  const parts: string[] = [];
  for (let at = 0; at < now.length;) {
    const from = places.get(now[at] ?? '');
    let end = at + 1;
    if (from === undefined) {
      while (end < now.length && !places.has(now[end] ?? '')) end += 1;
      parts.push(`{"added":[${now.slice(at, end).join(',')}]}`);
    } else {
      while (end < now.length && now[end] === before[from + end - at]) end += 1;
      parts.push(`{"kept":[${from},${end - at}]}`);
    }
    at = end;
  }
  return parts;
}
