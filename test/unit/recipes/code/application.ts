import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nestCode } from '../../../../server/src/recipes/code/generate.ts';
import type { CodeRequest } from '../../../../server/src/recipes/finish.ts';
import { generatePrismaClient, prismaSchemaFile } from './prisma-client.ts';

const modules = fileURLToPath(new URL('../../../../node_modules', import.meta.url));

/** A folder in which packages are found as in the project; `remove` it after. */
export async function makeWorkshop(): Promise<{
  readonly root: string;
  readonly remove: () => Promise<void>;
}> {
  const root = await mkdtemp(join(tmpdir(), 'generated-code-'));
  await symlink(modules, join(root, 'node_modules'), 'junction');
  return { root, remove: () => rm(root, { recursive: true, force: true }) };
}

/** The application's files by their paths, after the deploys so far: each puts its own in the place of older ones. */
export type Files = ReadonlyMap<string, string>;

/** The files of the application after each of the deploys. A schema's blocks replace those of their names. */
export function applicationsOf(requests: readonly CodeRequest[], orm: CodeRequest['orm']): readonly Files[] {
  let files: Files = new Map();
  return requests.map((request) => {
    const next = new Map(files);
    for (const { file, body } of nestCode({ ...request, orm }))
      next.set(file, file.endsWith('.prisma') ? merged(files.get(file), body) : body);
    files = next;
    return files;
  });
}

/** A schema's blocks by the names that they declare. */
function blocksOf(schema: string): readonly (readonly [string, string])[] {
  return schema
    .split(/^(?=(?:model|enum) )/m)
    .filter((block) => block.trim() !== '')
    .map((block) => [block.split(' ')[1] ?? '', block.trim()] as const);
}

function merged(old: string | undefined, next: string): string {
  return [...new Map([...blocksOf(old ?? ''), ...blocksOf(next)]).values()].join('\n\n');
}

/** Writes an application into a folder, with what a service needs of the rest: Prisma's client, and Nest's service for it. */
export async function writeApplication(folder: string, files: Files): Promise<void> {
  for (const [file, body] of files) {
    if (file.endsWith('.prisma')) await writePrisma(folder, body);
    else await write(join(folder, file), `${body}\n`);
  }
}

async function writePrisma(folder: string, models: string): Promise<void> {
  const schema = prismaSchemaFile(models);
  await write(join(folder, 'prisma/schema.prisma'), schema);
  await generatePrismaClient(schema, join(folder, 'client'));
  await write(
    join(folder, 'src/prisma/prisma.service.ts'),
    [
      "import { Injectable } from '@nestjs/common';",
      "import { PrismaClient } from '../../client/client';",
      '',
      '@Injectable()',
      'export class PrismaService extends PrismaClient {}',
      '',
    ].join('\n'),
  );
}

/** Has the application's services find the types of its own client under the package's name. */
export async function declarePrismaClient(folder: string): Promise<void> {
  const file = join(folder, 'node_modules/@prisma/client/index.d.ts');
  await write(file, "export * from '../../../client/client';\n");
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

/** The program of the TypeScript compiler. */
export function compiler(): string {
  return join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
}

/** How NestJS has an application compiled, but stricter. */
export const compilerOptions = {
  target: 'es2023',
  module: 'preserve',
  moduleResolution: 'bundler',
  strict: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  noImplicitOverride: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  isolatedModules: true,
  skipLibCheck: true,
  noEmit: true,
  types: ['node'],
};
