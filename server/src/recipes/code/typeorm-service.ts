import { joined, listed } from './layout.ts';
import { isReadOnly, type Model, type Property, twinsOf } from './model.ts';
import {
  byName,
  copyFunction,
  given,
  namesType,
  parameterOf,
  readOnlyNames,
  serviceComment,
} from './service.ts';
import { entityFile } from './typeorm-entity.ts';

/** The service that reads and writes a table by its repository: every way in which rows come and change. */
export function typeormService(model: Model): string {
  const { name, owner } = model;
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
    ...(owner
      ? [`import { ${owner.model.name} } from '../${owner.model.folder}/${entityFile(owner.model)}';`]
      : []),
    `import { ${name} } from './${entityFile(model)}';`,
    '',
    `export type ${name}Row = ${row};`,
    newRow(model),
    `export type ${name}Changes = Partial<New${name}>;`,
    ...(owner ? ['', newRow(owner.model)] : []),
    ...partType(model),
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
    ...ownerMethod(model, empty.length > 0),
    ...partMethods(model),
    '}',
    ...(helper === undefined ? [] : ['', helper]),
  ].join('\n');
}

/** Makes a row with the one that it belongs to. */
function ownerMethod({ name, owner }: Model, hasEmpty: boolean): readonly string[] {
  if (!owner) return [];
  const { model, pairs } = owner;
  const [whole, row] = [parameterOf(model.name), parameterOf(name)];
  const rest = `Omit<New${name}, ${namesType(pairs.map(({ own }) => own.name))}>`;
  const keys = pairs.map(({ own, key }) => `${own.name}: made.${key.name}`).join(', ');
  return [
    '',
    `  /** A new row of ${model.table.name} with the one that belongs to it: both or neither. */`,
    `  createWith(${whole}: New${model.name}, ${row}: ${rest}): Promise<${name}Row> {`,
    '    return this.repository.manager.transaction(async (manager) => {',
    `      const first = await manager.insert(${model.name}, ${whole});`,
    `      const made = manager.create(${model.name}, { ...${whole}, ...first.generatedMaps[0] });`,
    `      const data = { ...${row}, ${keys} };`,
    `      const { generatedMaps } = await manager.insert(${name}, data);`,
    `      return manager.create(${name}, { ${hasEmpty ? '...empty, ' : ''}...data, ...generatedMaps[0] });`,
    '    });',
    '  }',
  ];
}

function partType({ name, part }: Model): readonly string[] {
  if (!part) return [];
  const types = [
    ...(part.optional.length > 0
      ? [`Pick<${name}Changes, ${namesType(part.optional.map((one) => one.name))}>`]
      : []),
    ...(part.required.length > 0 ? [given(part.required, name)] : []),
  ];
  return ['', joined(`export type ${part.name}Of${name} =`, types, '&')];
}

/** Makes what was a row of its own, and takes it away. */
function partMethods({ name, part }: Model): readonly string[] {
  if (!part) return [];
  const where = `where: FindOptionsWhere<${name}>`;
  const none = [...part.required, ...part.optional].map((one) => `${one.name}: null`);
  return [
    '',
    `  /** What was a row of ${part.table}: makes it, or writes all that is given of it. */`,
    `  async put${part.name}(${where}, data: ${part.name}Of${name}): Promise<void> {`,
    '    await this.repository.update(where, data);',
    '  }',
    '',
    `  /** What DELETE FROM ${part.table} was. */`,
    `  async remove${part.name}(${where}): Promise<void> {`,
    ...listed('await this.repository.update(where, ', none, ['{', '});'], 4).map((line) => `    ${line}`),
    '  }',
  ];
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
export function newRow(model: Model): string {
  const written = model.properties.filter((one) => !isReadOnly(one));
  const names = (some: readonly Property[]) => namesType(some.map((one) => one.name));
  const pick = (some: readonly Property[]) => `Pick<${model.name}, ${names(some)}>`;
  const insisted = written.filter((one) => one.insisted);
  const required = written.filter((one) => !one.insisted && isRequired(one));
  const shut = readOnlyNames(model);
  const open = shut.length > 0 ? `Omit<${model.name}, ${namesType(shut)}>` : model.name;
  return joined(
    `export type New${model.name} =`,
    [
      `Partial<${open}>`,
      ...(required.length > 0 ? [pick(required)] : []),
      ...(insisted.length > 0 ? [given(insisted, model.name)] : []),
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
