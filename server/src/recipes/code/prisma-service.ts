import { joined } from './layout.ts';
import { type Model, twinsOf } from './model.ts';
import { isUniqueInPrisma, scalarOf } from './prisma-schema.ts';
import { byName, copyFunction, namesType, readOnlyNames, serviceComment } from './service.ts';

/** The service that reads and writes a table by Prisma's client: every way in which rows come and change. */
export function prismaService(model: Model): string {
  const { name, properties } = model;
  const client = `this.prisma.${name.charAt(0).toLowerCase()}${name.slice(1)}`;
  const copies = twinsOf(model).map((one) => one.name);
  const omitted = copies.length > 0 ? ', omit' : '';
  const data = copies.length > 0 ? 'data: inBoth(data)' : 'data';
  const known = properties.filter((one) => scalarOf(one) !== undefined);
  const insisted = known.filter((one) => one.insisted).map((one) => one.name);
  const hidden = readOnlyNames({ ...model, properties: known });
  const row = `Prisma.${name}CreateManyInput`;
  const changes = `Prisma.${name}UncheckedUpdateManyInput`;
  const without = (type: string) => (hidden.length > 0 ? `Omit<${type}, ${namesType(hidden)}>` : type);
  const helper = copyFunction(model);
  return [
    `import { Injectable } from '@nestjs/common';`,
    `import type { Prisma } from '@prisma/client';`,
    `import { PrismaService } from '../prisma/prisma.service';`,
    '',
    joined(`export type New${name} =`, newRow(without(row), row, insisted), '&'),
    `export type ${name}Changes = ${without(changes)};`,
    '',
    ...(copies.length > 0
      ? [`const omit = { ${copies.map((one) => `${one}: true`).join(', ')} } as const;`, '']
      : []),
    ...serviceComment(model),
    '@Injectable()',
    `export class ${model.plural}Service {`,
    '  constructor(private readonly prisma: PrismaService) {}',
    '',
    ...finder(model, client, omitted),
    `  find(where: Prisma.${name}WhereUniqueInput) {`,
    `    return ${client}.findUnique({ where${omitted} });`,
    '  }',
    '',
    `  findMany(where?: Prisma.${name}WhereInput) {`,
    `    return ${client}.findMany({ where${omitted} });`,
    '  }',
    '',
    `  create(data: New${name}) {`,
    `    return ${client}.create({ ${data}${omitted} });`,
    '  }',
    '',
    `  createMany(rows: New${name}[]) {`,
    `    return ${client}.createMany({ data: ${copies.length > 0 ? 'rows.map(inBoth)' : 'rows'} });`,
    '  }',
    '',
    `  update(where: Prisma.${name}WhereUniqueInput, data: ${name}Changes) {`,
    `    return ${client}.update({ where, ${data}${omitted} });`,
    '  }',
    '',
    `  updateMany(where: Prisma.${name}WhereInput, data: ${name}Changes) {`,
    `    return ${client}.updateMany({ where, ${data} });`,
    '  }',
    '',
    `  upsert(where: Prisma.${name}WhereUniqueInput, create: New${name}, update: ${name}Changes) {`,
    ...upsert(client, copies.length > 0),
    '  }',
    '}',
    ...(helper === undefined ? [] : ['', helper]),
  ].join('\n');
}

function upsert(client: string, hasCopies: boolean): readonly string[] {
  if (!hasCopies) return [`    return ${client}.upsert({ where, create, update });`];
  return [
    `    return ${client}.upsert({`,
    '      where,',
    '      create: inBoth(create),',
    '      update: inBoth(update),',
    '      omit,',
    '    });',
  ];
}

function newRow(type: string, row: string, insisted: readonly string[]): readonly string[] {
  if (insisted.length === 0) return [type];
  return [type, `{ ${insisted.map((one) => `${one}: NonNullable<${row}['${one}']>`).join('; ')} }`];
}

function finder(model: Model, client: string, omitted: string): readonly string[] {
  const { lookup, name } = model;
  if (!lookup || !scalarOf(lookup)) return [];
  const find = isUniqueInPrisma(model, lookup) ? 'findUnique' : 'findFirst';
  const type = find === 'findUnique' ? `Prisma.${name}WhereUniqueInput` : `Prisma.${name}WhereInput`;
  return [
    `  ${byName(lookup)}(${lookup.name}: NonNullable<${type}['${lookup.name}']>) {`,
    `    return ${client}.${find}({ where: { ${lookup.name} }${omitted} });`,
    '  }',
    '',
  ];
}
