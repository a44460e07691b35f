/**
 * Trial settings: the settings of one trial, which are those of the study with the values of its
 * hyperparameters in their places.
 */
import type { Params } from './search-space.ts';
import { camelName } from './spec/case-codec.ts';
import type { TrainerSettings } from './trainer-description.ts';

/** A hyperparameter that is not a setting, such as a penalty, is added under its name. */
export function trialSettings(settings: TrainerSettings, params: Params): TrainerSettings {
  const result: Record<string, unknown> = { ...settings };
  for (const [name, value] of Object.entries(params)) place(result, name.split('.'), value);
  return result;
}

function place(into: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [first = '', ...rest] = path;
  const key = camelName(first);
  if (rest.length === 0) {
    into[key] = value;
    return;
  }
  const inner = into[key];
  const copy = typeof inner === 'object' && inner !== null ? { ...inner } : {};
  place(copy, rest, value);
  into[key] = copy;
}
