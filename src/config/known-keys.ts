/** Known keys: which keys a schema knows in which mapping, for hints about misspelt ones. */
import type { z } from 'zod';

/** Keys by the path of their mapping, such as `stages.*`; `*` is any item of a list. */
export type KnownKeys = ReadonlyMap<string, readonly string[]>;

export function knownKeys(schema: z.core.$ZodType): KnownKeys {
  const known = new Map<string, readonly string[]>();
  const visit = (type: z.core.$ZodType, path: string): void => {
    const { def } = type._zod;
    const place = (key: string): string => (path === '' ? key : `${path}.${key}`);
    if (isObject(def)) {
      known.set(path, [...new Set([...(known.get(path) ?? []), ...Object.keys(def.shape)])]);
      for (const [key, inner] of Object.entries(def.shape)) visit(inner, place(key));
    } else if (isWrapper(def)) visit(def.innerType, path);
    else if (isList(def)) visit(def.element, place('*'));
    else if (isUnion(def)) for (const option of def.options) visit(option, path);
  };
  visit(schema, '');
  return known;
}

type Def = z.core.$ZodTypeDef;

function isObject(def: Def): def is z.core.$ZodObjectDef {
  return def.type === 'object';
}

function isWrapper(def: Def): def is z.core.$ZodOptionalDef {
  return ['optional', 'default', 'prefault'].includes(def.type);
}

function isList(def: Def): def is z.core.$ZodArrayDef {
  return def.type === 'array';
}

function isUnion(def: Def): def is z.core.$ZodUnionDef {
  return def.type === 'union';
}
