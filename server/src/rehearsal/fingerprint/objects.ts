import { createBuilder } from './builder.ts';
import { addColumns } from './columns.ts';
import { addConstraints, addIndexes } from './constraints.ts';
import { addDependencies } from './dependencies.ts';
import type { CatalogObject } from './model.ts';
import { addOthers } from './others.ts';
import type { CatalogRows } from './query.ts';
import { addPolicies, addRules, addTriggers } from './relation-parts.ts';
import { addRelations, addSequences } from './relations.ts';
import { addFunctions, addTypes } from './routines-types.ts';
import {
  addDatabase,
  addDefaultPrivileges,
  addEventTriggers,
  addPublications,
  addSettings,
  addSubscriptions,
} from './whole-database.ts';

/** Puts the rows together: names instead of OIDs, and what belongs to what. */
export function readObjects(rows: CatalogRows): ReadonlyMap<string, CatalogObject> {
  const builder = createBuilder(rows);
  addRelations(builder);
  addFunctions(builder);
  addTypes(builder);
  addColumns(builder);
  addConstraints(builder);
  addIndexes(builder);
  addSequences(builder);
  addTriggers(builder);
  addRules(builder);
  addPolicies(builder);
  addPublications(builder);
  addEventTriggers(builder);
  addDefaultPrivileges(builder);
  addSubscriptions(builder);
  addDatabase(builder);
  addSettings(builder);
  addOthers(builder);
  addDependencies(builder);
  return builder.objects;
}
