/** Study requests: reads parts of a study from the server: rows, one trial, learning curves. */
import { apiAddress } from './connection.ts';
import type {
  DownloadName,
  StudyPage,
  TrialCurve,
  TrialDetail,
  TrialPage,
} from '../page-messages.ts';

/** An answer, or why the server refused; `value` and `problem` are null if the server did not answer. */
export interface Answer<Value> {
  readonly value: Value | null;
  readonly problem: string | null;
}

export interface RowsRequest {
  /** Null for all stages. */
  readonly stage: string | null;
  /** A condition or a word; empty for all rows. */
  readonly where: string;
  /** A column with an optional `:desc`; null for the order of the ranking. */
  readonly sort: string | null;
  readonly offset: number;
  readonly limit: number;
}

export async function requestRows(study: string, query: RowsRequest): Promise<Answer<TrialPage>> {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === null ? [] : [[name, String(value)]],
  );
  return await get(study, 'trials', given);
}

export async function requestPage(study: string): Promise<Answer<StudyPage>> {
  return await get(study, 'page', []);
}

export async function requestTrial(study: string, name: string): Promise<Answer<TrialDetail>> {
  return await get(study, 'trial', [['name', name]]);
}

export async function requestCurves(
  study: string,
  trials: readonly string[],
): Promise<Answer<readonly TrialCurve[]>> {
  return await get(
    study,
    'curves',
    trials.map((trial) => ['trial', trial]),
  );
}

/** The content of a file. */
export async function requestFile(study: string, name: DownloadName): Promise<Answer<Blob>> {
  return await get(study, `files/${name}`, [], (answer) => answer.blob());
}

async function get<Value>(
  study: string,
  what: string,
  query: [string, string][],
  read: (answer: Response) => Promise<unknown> = (answer) => answer.json(),
): Promise<Answer<Value>> {
  const path = `studies/${encodeURIComponent(study)}/${what}?${new URLSearchParams(query)}`;
  try {
    const answer = await fetch(apiAddress(path));
    if (answer.ok) return { value: (await read(answer)) as Value, problem: null };
    const { error } = (await answer.json()) as { readonly error: string };
    return { value: null, problem: error };
  } catch {
    return { value: null, problem: null };
  }
}
