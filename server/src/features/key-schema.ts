import planSchema from '../../../schemas/plan.schema.json' with { type: 'json' };
import settingsSchema from '../../../schemas/settings.schema.json' with { type: 'json' };
import type { YamlPath } from '../plan/yaml-place.ts';

/** What of a JSON Schema hovers and completions go by. */
export interface KeySchema {
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, KeySchema>>;
  readonly additionalProperties?: boolean | KeySchema;
  readonly items?: KeySchema;
  readonly $ref?: string;
  readonly definitions?: Readonly<Record<string, KeySchema>>;
}

/** Of a plan file, and of a project's settings file. */
export const keySchemas: Readonly<Record<'plan' | 'settings', KeySchema>> = {
  plan: planSchema as KeySchema,
  settings: settingsSchema as KeySchema,
};

/** What may stand at a path; undefined where nothing may. */
export function schemaAt(root: KeySchema, path: YamlPath): KeySchema | undefined {
  let here: KeySchema | undefined = root;
  for (const part of path) {
    if (!here) return undefined;
    here = written(root, typeof part === 'number' ? here.items : propertyOf(here, part));
  }
  return here;
}

/** The keys that a mapping there may have, with what each means. */
export function keysAt(root: KeySchema, path: YamlPath): readonly (readonly [string, KeySchema])[] {
  const { properties = {} } = schemaAt(root, path) ?? {};
  return Object.entries(properties).map(([key, schema]) => [key, written(root, schema) ?? schema] as const);
}

export function allows({ type }: KeySchema, kind: string): boolean {
  return type === kind || (Array.isArray(type) && type.includes(kind));
}

function propertyOf({ properties, additionalProperties }: KeySchema, key: string): KeySchema | undefined {
  if (properties && Object.hasOwn(properties, key)) return properties[key];
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

/** The schema with what it refers to written out; what stands beside the reference goes first. */
function written(root: KeySchema, schema: KeySchema | undefined): KeySchema | undefined {
  if (schema?.$ref === undefined) return schema;
  const { $ref, ...own } = schema;
  return { ...root.definitions?.[$ref.replace('#/definitions/', '')], ...own };
}
