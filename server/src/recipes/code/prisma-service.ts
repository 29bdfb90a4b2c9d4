import { joined, listed } from './layout.ts';
import { type Model, type Property, twinsOf } from './model.ts';
import { isUniqueInPrisma, isWritable, scalarOf } from './prisma-schema.ts';
import {
  byName,
  copyFunction,
  given,
  namesType,
  parameterOf,
  readOnlyNames,
  serviceComment,
} from './service.ts';

/** The service that reads and writes a table by Prisma's client: every way in which rows come and change. */
export function prismaService(model: Model): string {
  const { name } = model;
  const client = `this.prisma.${parameterOf(name)}`;
  const copies = twinsOf(model).map((one) => one.name);
  const omitted = copies.length > 0 ? ', omit' : '';
  const data = copies.length > 0 ? 'data: inBoth(data)' : 'data';
  const changes = `Prisma.${name}UncheckedUpdateManyInput`;
  const helper = copyFunction(model);
  const [own, owner] = [partOf(model, client), ownerOf(model)];
  return [
    `import { Injectable } from '@nestjs/common';`,
    `import ${own.isValue ? '' : 'type '}{ Prisma } from '@prisma/client';`,
    `import { PrismaService } from '../prisma/prisma.service';`,
    '',
    newRow(model),
    `export type ${name}Changes = ${without(model, changes)};`,
    ...owner.types,
    ...own.types,
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
    ...owner.methods,
    ...own.methods,
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

/** What the client has a type for. */
function knownIn({ properties }: Model): readonly Property[] {
  return properties.filter((one) => scalarOf(one) !== undefined);
}

export function without(model: Model, type: string): string {
  const hidden = readOnlyNames({ ...model, properties: knownIn(model) });
  return hidden.length > 0 ? `Omit<${type}, ${namesType(hidden)}>` : type;
}

/** The type of a row that is made. */
export function newRow(model: Model): string {
  const row = `Prisma.${model.name}CreateManyInput`;
  const insisted = knownIn(model).filter((one) => one.insisted);
  const types = [without(model, row), ...(insisted.length > 0 ? [given(insisted, row)] : [])];
  return joined(`export type New${model.name} =`, types, '&');
}

interface Added {
  readonly types: readonly string[];
  readonly methods: readonly string[];
}

const nothing: Added = { types: [], methods: [] };

/** Makes a row with the one that it belongs to. */
function ownerOf({ name, owner }: Model): Added {
  if (!owner || !isWritable(owner.model)) return nothing;
  const { model, pairs } = owner;
  const [whole, row] = [parameterOf(model.name), parameterOf(name)];
  const keys = pairs.map(({ own, key }) => `${own.name}: made.${key.name}`).join(', ');
  const rest = `Omit<New${name}, ${namesType(pairs.map(({ own }) => own.name))}>`;
  return {
    types: ['', newRow(model)],
    methods: [
      '',
      `  /** A new row of ${model.table.name} with the one that belongs to it: both or neither. */`,
      `  createWith(${whole}: New${model.name}, ${row}: ${rest}) {`,
      '    return this.prisma.$transaction(async (tx) => {',
      `      const made = await tx.${whole}.create({ data: ${whole} });`,
      `      return tx.${row}.create({ data: { ...${row}, ${keys} } });`,
      '    });',
      '  }',
    ],
  };
}

/** Makes what was a row of its own, and takes it away. Prisma knows no NULL in lists, nor what it has no type for. */
function partOf(model: Model, client: string): Added & { readonly isValue: boolean } {
  const { name, part } = model;
  if (!part) return { ...nothing, isValue: false };
  const all = [...part.required, ...part.optional];
  const isWhole = all.every((one) => scalarOf(one) !== undefined && !one.type.array);
  const isJson = ({ type }: Property) => type.base === 'json' || type.base === 'jsonb';
  const none = all.map((one) => `${one.name}: ${isJson(one) ? 'Prisma.DbNull' : 'null'}`);
  const optional = part.optional.filter((one) => scalarOf(one) !== undefined);
  const required = part.required.filter((one) => scalarOf(one) !== undefined);
  const types = [
    ...(optional.length > 0 ? [`Pick<${name}Changes, ${namesType(optional.map((one) => one.name))}>`] : []),
    ...(required.length > 0 ? [given(required, `Prisma.${name}CreateManyInput`)] : []),
  ];
  if (types.length === 0) return { ...nothing, isValue: false };
  const where = `where: Prisma.${name}WhereUniqueInput`;
  return {
    isValue: isWhole && all.some(isJson),
    types: ['', joined(`export type ${part.name}Of${name} =`, types, '&')],
    methods: [
      '',
      `  /** What was a row of ${part.table}: makes it, or writes all that is given of it. */`,
      `  put${part.name}(${where}, data: ${part.name}Of${name}) {`,
      `    return ${client}.update({ where, data });`,
      '  }',
      ...(isWhole
        ? [
            '',
            `  /** What DELETE FROM ${part.table} was. */`,
            `  remove${part.name}(${where}) {`,
            `    return ${client}.update({`,
            '      where,',
            ...listed('data: ', none, ['{', '},'], 6).map((line) => `      ${line}`),
            '    });',
            '  }',
          ]
        : [
            '',
            `  // Prisma cannot write NULL into all of them: what DELETE FROM ${part.table} was has to be SQL.`,
          ]),
    ],
  };
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
