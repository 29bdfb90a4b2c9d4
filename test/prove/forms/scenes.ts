import { alone } from './alone.ts';
import { cases } from './cases.ts';
import { constraints } from './constraints.ts';
import { eighteen } from './eighteen.ts';
import { fixture } from './fixture.ts';
import type { Scene } from './model.ts';
import { objects } from './objects.ts';
import { partitions } from './partitions.ts';
import { queries } from './queries.ts';
import { treesCases, treesFixture } from './trees.ts';

/** Every database that statements are observed on. */
export const scenes: readonly Scene[] = [
  { name: 'fixture', setup: fixture, forms: cases },
  { name: 'trees', setup: treesFixture, forms: treesCases },
  eighteen,
  alone,
  objects,
  constraints,
  partitions,
  queries,
];
