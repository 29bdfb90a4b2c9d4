import type { CodeGenerator } from '../finish.ts';
import type { CodeDraft } from '../model.ts';
import { type Model, twinsOf } from './model.ts';
import { modelsOf } from './model-of.ts';
import { isWritable, prismaSchema } from './prisma-schema.ts';
import { prismaService } from './prisma-service.ts';
import { prismaTwoTables } from './prisma-two-tables.ts';
import { entityFile, typeormEntity } from './typeorm-entity.ts';
import { typeormService } from './typeorm-service.ts';
import { typeormTwoTables } from './typeorm-two-tables.ts';

/**
 * The files of a NestJS application that a version changes: models or entities, and services where what a write has to give
 * is another than before. The property that stands for a column stays the same in every version; which column it is the
 * schema or the entity says, so that reads are switched there, for all of the application at once.
 */
export const nestCode: CodeGenerator = (request) => {
  const { version, before, schema } = request;
  const now = modelsOf(version, before, schema);
  // On one schema, so that all that differs is what the versions make of it.
  const then = modelsOf(before, before, schema);
  return request.orm === 'prisma' ? prismaFiles(now, then) : typeormFiles(now, then);
};

function prismaFiles(now: readonly Model[], then: readonly Model[]): readonly CodeDraft[] {
  const changed = now.filter((one) => {
    const old = sameIn(then, one);
    return !old || prismaSchema([one]) !== prismaSchema([old]) || isBroughtTogether(one, now, then);
  });
  const services = now.filter(isWritable).filter((one) => needsService(one, sameIn(then, one), writePrisma));
  return [
    ...(changed.length > 0
      ? [{ file: 'prisma/schema.prisma', language: 'prisma', body: prismaSchema(changed) }]
      : []),
    ...services.map((one) => serviceFile(one, writePrisma(one))),
  ];
}

function typeormFiles(now: readonly Model[], then: readonly Model[]): readonly CodeDraft[] {
  return now.flatMap((one) => {
    const old = sameIn(then, one);
    const entity = typeormEntity(one);
    return [
      ...(old && typeormEntity(old) === entity && !isBroughtTogether(one, now, then)
        ? []
        : [{ file: `src/${one.folder}/${entityFile(one)}.ts`, language: 'typescript', body: entity }]),
      ...(needsService(one, old, writeTypeorm) ? [serviceFile(one, writeTypeorm(one))] : []),
    ];
  });
}

/** A service knows both from this version on, and is read with them, though neither changes. */
function isBroughtTogether(model: Model, now: readonly Model[], then: readonly Model[]): boolean {
  return now.some(
    (one) =>
      one.beside && !sameIn(then, one)?.beside && [one.name, one.beside.model.name].includes(model.name),
  );
}

/** Rows that are in one of two tables are written in both. */
function writePrisma(model: Model): string {
  const { beside } = model;
  return beside && isWritable(beside.model)
    ? prismaTwoTables(model, beside.model, beside.creates)
    : prismaService(model);
}

function writeTypeorm(model: Model): string {
  const { beside } = model;
  return beside ? typeormTwoTables(model, beside.model, beside.creates) : typeormService(model);
}

function sameIn(models: readonly Model[], { name }: Model): Model | undefined {
  return models.find((one) => one.name === name);
}

/** Where there is something that every write must see to: copies, values that another table had, or one that a new row needs. */
function needsService(now: Model, then: Model | undefined, write: (model: Model) => string): boolean {
  const special = [now, ...(then ? [then] : [])].some(
    (one) =>
      twinsOf(one).length > 0 ||
      one.owner ||
      one.part ||
      one.beside ||
      one.properties.some(({ insisted }) => insisted),
  );
  return special && (!then || write(then) !== write(now));
}

function serviceFile({ folder }: Model, body: string): CodeDraft {
  return { file: `src/${folder}/${folder}.service.ts`, language: 'typescript', body };
}
