import { overloadDependency } from '../schema/dependencies.ts';
import type { Schema, Trigger } from '../schema/model.ts';
import type { CodeBody } from '../sql/model.ts';

/** The body of the function that a trigger calls; undefined where no statement told it. */
export function triggerBody({ dependsOn = [] }: Trigger, { functions }: Schema): CodeBody | undefined {
  for (const [key, { overloads = [] }] of functions)
    for (const one of overloads) if (dependsOn.includes(overloadDependency(key, one))) return one.body?.();
  return undefined;
}
