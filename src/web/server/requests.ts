/** Requests of the page, checked; null if a request is not valid. */
import type { RowsQuery } from '../boards/dashboard-study.ts';

const limitMax = 200;
const secretCharactersMax = 1_000;

export function signInRequest(body: unknown): { readonly secret: string } | null {
  const secret = field(body, 'secret');
  return typeof secret === 'string' && secret.length <= secretCharactersMax ? { secret } : null;
}

export function changeRequest(
  body: unknown,
): { readonly change: 'pause' | 'resume' | 'cancel' } | null {
  const change = field(body, 'change');
  return change === 'pause' || change === 'resume' || change === 'cancel' ? { change } : null;
}

export function codeRequest(body: unknown): { readonly role: 'viewer' | 'admin' } | null {
  const role = field(body, 'role');
  return role === 'viewer' || role === 'admin' ? { role } : null;
}

export function rowsQuery(query: Readonly<Record<string, string>>): RowsQuery | null {
  const offset = wholeNumber(query['offset'] ?? '0');
  const limit = wholeNumber(query['limit'] ?? '50');
  if (offset === null || limit === null || limit > limitMax) return null;
  return { stage: query['stage'] ?? null, offset, limit };
}

function field(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null
    ? (Object.entries(body).find(([key]) => key === name)?.[1] ?? null)
    : null;
}

function wholeNumber(text: string): number | null {
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}
