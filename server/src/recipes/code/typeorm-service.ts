import { joined, listed } from './layout.ts';
import { isReadOnly, type Model, type Property, twinsOf } from './model.ts';
import { byName, copyFunction, namesType, readOnlyNames, serviceComment } from './service.ts';
import { entityFile } from './typeorm-entity.ts';

/** The service that reads and writes a table by its repository: every way in which rows come and change. */
export function typeormService(model: Model): string {
  const { name } = model;
  const copies = twinsOf(model).map((one) => one.name);
  const hasCopies = copies.length > 0;
  const both = (data: string) => (hasCopies ? `inBoth(${data})` : data);
  const row = hasCopies ? `Omit<${name}, ${namesType(copies)}>` : name;
  const helper = copyFunction(model);
  const empty = emptyOf(model);
  return [
    `import { Injectable } from '@nestjs/common';`,
    `import { InjectRepository } from '@nestjs/typeorm';`,
    `import { type FindOptionsWhere, Repository } from 'typeorm';`,
    `import { ${name} } from './${entityFile(model)}';`,
    '',
    `export type ${name}Row = ${row};`,
    newRow(model),
    `export type ${name}Changes = Partial<New${name}>;`,
    '',
    ...(empty.length > 0
      ? [
          '/** Of a new row, what nobody gives a value. */',
          ...listed('const empty = ', empty, ['{', '};']),
          '',
        ]
      : []),
    ...serviceComment(model),
    '@Injectable()',
    `export class ${model.plural}Service {`,
    `  constructor(@InjectRepository(${name}) private readonly repository: Repository<${name}>) {}`,
    '',
    ...finder(model),
    `  find(where: FindOptionsWhere<${name}>): Promise<${name}Row | null> {`,
    '    return this.repository.findOneBy(where);',
    '  }',
    '',
    `  findMany(where: FindOptionsWhere<${name}>): Promise<${name}Row[]> {`,
    '    return this.repository.findBy(where);',
    '  }',
    '',
    `  async create(data: New${name}): Promise<${name}Row> {`,
    `    const { generatedMaps } = await this.repository.insert(${both('data')});`,
    `    return this.repository.create({ ${empty.length > 0 ? '...empty, ' : ''}...data, ...generatedMaps[0] });`,
    '  }',
    '',
    `  async createMany(rows: New${name}[]): Promise<void> {`,
    `    await this.repository.insert(${hasCopies ? 'rows.map(inBoth)' : 'rows'});`,
    '  }',
    '',
    '  /** Of one row or many; answers with how many they were. */',
    `  async update(where: FindOptionsWhere<${name}>, data: ${name}Changes): Promise<number> {`,
    `    const { affected } = await this.repository.update(where, ${both('data')});`,
    '    return affected ?? 0;',
    '  }',
    '',
    `  async upsert(rows: New${name}[], conflict: (keyof New${name})[]): Promise<void> {`,
    `    await this.repository.upsert(${hasCopies ? 'rows.map(inBoth)' : 'rows'}, conflict);`,
    '  }',
    '}',
    ...(helper === undefined ? [] : ['', helper]),
  ].join('\n');
}

/** What is NULL where a new row is not given it: the database does not tell. */
function emptyOf({ properties }: Model): readonly string[] {
  return properties
    .filter(
      (one) =>
        !isReadOnly(one) && !one.insisted && one.nullable && one.default === null && one.made === undefined,
    )
    .map(({ name }) => `${name}: null`);
}

/** What a row cannot be without, and what can be left out. */
function newRow(model: Model): string {
  const given = model.properties.filter((one) => !isReadOnly(one));
  const names = (some: readonly Property[]) => namesType(some.map((one) => one.name));
  const pick = (some: readonly Property[]) => `Pick<${model.name}, ${names(some)}>`;
  const insisted = given.filter((one) => one.insisted);
  const required = given.filter((one) => !one.insisted && isRequired(one));
  const shut = readOnlyNames(model);
  const open = shut.length > 0 ? `Omit<${model.name}, ${namesType(shut)}>` : model.name;
  return joined(
    `export type New${model.name} =`,
    [
      `Partial<${open}>`,
      ...(required.length > 0 ? [pick(required)] : []),
      ...(insisted.length > 0
        ? [
            `{ ${insisted.map((one) => `${one.name}: NonNullable<${model.name}['${one.name}']>`).join('; ')} }`,
          ]
        : []),
    ],
    '&',
  );
}

function isRequired({ nullable, default: value, made }: Property): boolean {
  return !nullable && value === null && made === undefined;
}

function finder(model: Model): readonly string[] {
  const { lookup, name } = model;
  if (!lookup) return [];
  return [
    `  ${byName(lookup)}(${lookup.name}: NonNullable<${name}['${lookup.name}']>): Promise<${name}Row | null> {`,
    `    return this.repository.findOneBy({ ${lookup.name} });`,
    '  }',
    '',
  ];
}
