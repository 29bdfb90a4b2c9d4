import type { Model } from './model.ts';
import { changeComment, namesType, twoTablesComment } from './service.ts';
import { entityFile } from './typeorm-entity.ts';
import { newRow } from './typeorm-service.ts';

/**
 * The service of a table whose rows are in `old` or in it: found in one snapshot, changed where they are.
 *
 * @param creates whether `old` gets new rows still
 */
export function typeormTwoTables(model: Model, old: Model, creates: boolean): string {
  const { name, primaryKey } = model;
  const keys = namesType((primaryKey?.properties ?? []).map((one) => one.name));
  const create = (one: Model) => [
    `    const { generatedMaps } = await this.repository.manager.insert(${one.name}, data);`,
    `    return this.repository.manager.create(${one.name}, { ...data, ...generatedMaps[0] });`,
    '  }',
    '',
  ];
  const both = (method: string, given: string) => [
    '    for (let attempt = 1; ; attempt++) {',
    '      const count = await this.repository.manager.transaction(async (manager) => {',
    `        const before = await manager.${method}(${old.name}, ${given});`,
    `        const now = await manager.${method}(${name}, ${given});`,
    '        return (before.affected ?? 0) + (now.affected ?? 0);',
    '      });',
    '      if (count > 0 || attempt === 2) return count;',
    '    }',
    '  }',
  ];
  return [
    `import { Injectable } from '@nestjs/common';`,
    `import { InjectRepository } from '@nestjs/typeorm';`,
    `import { Repository } from 'typeorm';`,
    `import { ${old.name} } from '../${old.folder}/${entityFile(old)}';`,
    `import { ${name} } from './${entityFile(model)}';`,
    '',
    `export type ${name}Key = Pick<${name}, ${keys}>;`,
    newRow(model),
    ...(creates ? [newRow(old)] : []),
    `export type ${name}Changes = Partial<New${name}>;`,
    '',
    ...twoTablesComment(model, old, creates),
    '@Injectable()',
    `export class ${model.plural}Service {`,
    `  constructor(@InjectRepository(${name}) private readonly repository: Repository<${name}>) {}`,
    '',
    '  /** In one snapshot: a row on its way is in one of the two. */',
    `  find(key: ${name}Key): Promise<${name} | ${old.name} | null> {`,
    `    return this.repository.manager.transaction('REPEATABLE READ', async (manager) => {`,
    `      const now = await manager.findOneBy(${name}, key);`,
    `      return now ?? (await manager.findOneBy(${old.name}, key));`,
    '    });',
    '  }',
    '',
    `  async create(data: New${name}): Promise<${name}> {`,
    ...create(model),
    `  async createMany(rows: New${name}[]): Promise<void> {`,
    '    await this.repository.insert(rows);',
    '  }',
    '',
    ...(creates
      ? [
          `  /** Until the next version: the one before finds new rows of ${old.table.name} there alone. */`,
          `  async create${old.name}(data: New${old.name}): Promise<${old.name}> {`,
          ...create(old),
        ]
      : []),
    `  ${changeComment(old)}`,
    `  async update(key: ${name}Key, data: ${name}Changes): Promise<number> {`,
    ...both('update', 'key, data'),
    '',
    `  ${changeComment(old)}`,
    `  async delete(key: ${name}Key): Promise<number> {`,
    ...both('delete', 'key'),
    '}',
  ].join('\n');
}
