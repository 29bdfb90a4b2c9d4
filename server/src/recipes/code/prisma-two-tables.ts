import type { Model } from './model.ts';
import { newRow, without } from './prisma-service.ts';
import { changeComment, namesType, parameterOf, twoTablesComment } from './service.ts';

/**
 * The service of a table whose rows are in `old` or in it: found in one snapshot, changed where they are.
 *
 * @param creates whether `old` gets new rows still
 */
export function prismaTwoTables(model: Model, old: Model, creates: boolean): string {
  const { name, primaryKey } = model;
  const [now, before] = [model, old].map((one) => `this.prisma.${parameterOf(one.name)}`);
  const keys = namesType((primaryKey?.properties ?? []).map((one) => one.name));
  const changes = [model, old].map((one) => without(one, `Prisma.${one.name}UncheckedUpdateManyInput`));
  const both = (method: string, given: string) => [
    '    for (let attempt = 1; ; attempt++) {',
    '      const [before, now] = await this.prisma.$transaction([',
    `        ${before}.${method}({ ${given} }),`,
    `        ${now}.${method}({ ${given} }),`,
    '      ]);',
    '      const count = before.count + now.count;',
    '      if (count > 0 || attempt === 2) return count;',
    '    }',
    '  }',
  ];
  return [
    `import { Injectable } from '@nestjs/common';`,
    `import type { Prisma } from '@prisma/client';`,
    `import { PrismaService } from '../prisma/prisma.service';`,
    '',
    `export type ${name}Key = Required<Pick<Prisma.${name}CreateManyInput, ${keys}>>;`,
    newRow(model),
    ...(creates ? [newRow(old)] : []),
    `export type ${name}Changes = ${changes.join(' &\n  ')};`,
    '',
    ...twoTablesComment(model, old, creates),
    '@Injectable()',
    `export class ${model.plural}Service {`,
    '  constructor(private readonly prisma: PrismaService) {}',
    '',
    '  /** In one snapshot: a row on its way is in one of the two. */',
    `  async find(key: ${name}Key) {`,
    '    const [before, now] = await this.prisma.$transaction(',
    `      [${before}.findFirst({ where: key }), ${now}.findFirst({ where: key })],`,
    `      { isolationLevel: 'RepeatableRead' },`,
    '    );',
    '    return now ?? before;',
    '  }',
    '',
    `  create(data: New${name}) {`,
    `    return ${now}.create({ data });`,
    '  }',
    '',
    `  createMany(rows: New${name}[]) {`,
    `    return ${now}.createMany({ data: rows });`,
    '  }',
    '',
    ...(creates
      ? [
          `  /** Until the next version: the one before finds new rows of ${old.table.name} there alone. */`,
          `  create${old.name}(data: New${old.name}) {`,
          `    return ${before}.create({ data });`,
          '  }',
          '',
        ]
      : []),
    `  ${changeComment(old)}`,
    `  async update(key: ${name}Key, data: ${name}Changes): Promise<number> {`,
    ...both('updateMany', 'where: key, data'),
    '',
    `  ${changeComment(old)}`,
    `  async delete(key: ${name}Key): Promise<number> {`,
    ...both('deleteMany', 'where: key'),
    '}',
  ].join('\n');
}
