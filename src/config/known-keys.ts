/** Known keys: the keys that a schema allows in each mapping, for hints about misspelt keys. */
import { z } from 'zod';
import { oncePer } from '../base/once-per.ts';

/** Keys by the path of their mapping, such as `stages.*`; `*` is any item of a list. */
export type KnownKeys = ReadonlyMap<string, readonly string[]>;

export const knownKeys = oncePer((schema: z.ZodType): KnownKeys => {
  const known = new Map<string, readonly string[]>();
  const visit = (node: z.core.JSONSchema._JSONSchema | undefined, path: string): void => {
    if (typeof node !== 'object') return;
    const place = (key: string): string => (path === '' ? key : `${path}.${key}`);
    const properties = Object.entries(node.properties ?? {});
    if (node.type === 'object')
      known.set(path, [
        ...new Set([...(known.get(path) ?? []), ...properties.map(([key]) => key)]),
      ]);
    for (const [key, inner] of properties) visit(inner, place(key));
    if (!Array.isArray(node.items)) visit(node.items, place('*'));
    for (const option of node.anyOf ?? []) visit(option, path);
  };
  visit(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), '');
  return known;
});
