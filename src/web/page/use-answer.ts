/**
 * Use answer: keeps a request's answer current while the study changes. One request is open at a time, so that
 * slow connections get no queue of them; the last answer stays until the next one.
 */
import { useEffect, useState } from 'preact/hooks';
import type { StudyPage } from '../page-messages.ts';
import type { Answer } from './study-requests.ts';

/** Delay before another request after one without an answer. */
const retryMs = 2_000;

interface Kept<Value> {
  readonly answer: Answer<Value>;
  /** The state of the study at the request. */
  readonly page: StudyPage;
  readonly key: string;
}

export interface CurrentAnswer<Value> extends Answer<Value> {
  /** Whether the value is of another key, until the answer for this one arrives. */
  readonly isOld: boolean;
}

/**
 * @param key what is requested: equal keys get equal answers; null for nothing
 * @param page a new state of the study may have another answer
 */
export function useAnswer<Value>(
  key: string | null,
  page: StudyPage,
  request: () => Promise<Answer<Value>>,
): CurrentAnswer<Value> {
  const [kept, setKept] = useState<Kept<Value> | null>(null);
  const [attempt, setAttempt] = useState(0);
  const isDue = key !== null && (kept?.page !== page || kept.key !== key);
  useEffect(() => {
    if (!isDue) return;
    let retry: number | undefined;
    let isCurrent = true;
    void request().then((answer) => {
      if (!isCurrent) return;
      if (answer.value === null && answer.problem === null)
        retry = setTimeout(() => setAttempt(attempt + 1), retryMs);
      // A refused request leaves the last value, such as the rows while a filter is typed.
      else
        setKept({
          answer: { ...answer, value: answer.value ?? kept?.answer.value ?? null },
          page,
          key,
        });
    });
    return () => {
      isCurrent = false;
      clearTimeout(retry);
    };
  }, [isDue, key, attempt, kept]);
  const { value = null, problem = null } = kept?.answer ?? {};
  return { value, problem, isOld: kept?.key !== key };
}
