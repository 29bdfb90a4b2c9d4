import type { Address } from '../../schema/addresses.ts';
import type { Schema } from '../../schema/model.ts';

/** The object of a key in words: `view app.v`, `function app.f`. */
export function describeKind(map: Address['map'], key: string, before: Schema, now: Schema): string {
  if (map === 'relations')
    return `${before.relations.get(key)?.kind ?? now.relations.get(key)?.kind ?? 'relation'} ${key}`;
  if (map === 'types')
    return `${(before.types.get(key) ?? now.types.get(key))?.kind === 'domain' ? 'domain' : 'type'} ${key}`;
  return map === 'functions' ? `function ${key}` : key;
}
