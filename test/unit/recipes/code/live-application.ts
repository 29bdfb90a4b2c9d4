import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { CodeRequest } from '../../../../server/src/recipes/finish.ts';
import { type Files, writeApplication } from './application.ts';

export interface Row {
  readonly handle: string;
  readonly email: string;
  readonly createdAt: Date;
}

/** An application's version, running. */
export interface LiveApplication {
  create(row: Pick<Row, 'handle' | 'email'>): Promise<Row>;
  createMany(rows: readonly Pick<Row, 'handle' | 'email'>[]): Promise<unknown>;
  update(handle: string, changes: Partial<Pick<Row, 'handle' | 'email'>>): Promise<unknown>;
  updateMany(where: Partial<Row>, changes: Partial<Pick<Row, 'handle' | 'email'>>): Promise<unknown>;
  upsert(row: Pick<Row, 'handle' | 'email'>): Promise<unknown>;
  findByHandle(handle: string): Promise<Row | null>;
  findMany(): Promise<readonly Row[]>;
  close(): Promise<void>;
}

interface Address {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

/** What an application's own code would do with the service, for each ORM. */
export const usersMain: Readonly<Record<CodeRequest['orm'], string>> = {
  prisma: `
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaService } from './src/prisma/prisma.service';
import { UsersService } from './src/users/users.service';

export async function open(address) {
  const prisma = new PrismaService({ adapter: new PrismaPg(address) });
  const users = new UsersService(prisma);
  return {
    create: (row) => users.create(row),
    createMany: (rows) => users.createMany(rows),
    update: (handle, changes) => users.update({ handle }, changes),
    updateMany: (where, changes) => users.updateMany(where, changes),
    upsert: (row) => users.upsert({ handle: row.handle }, row, row),
    findByHandle: (handle) => users.findByHandle(handle),
    findMany: () => users.findMany(),
    close: () => prisma.$disconnect(),
  };
}
`,
  typeorm: `
import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { User } from './src/users/user.entity';
import { UsersService } from './src/users/users.service';

export async function open({ user, ...address }) {
  const options = { ...address, type: 'postgres', username: user, entities: [User] };
  const source = await new DataSource(options).initialize();
  const users = new UsersService(source.getRepository(User));
  return {
    create: (row) => users.create(row),
    createMany: (rows) => users.createMany(rows),
    update: (handle, changes) => users.update({ handle }, changes),
    updateMany: (where, changes) => users.update(where, changes),
    upsert: (row) => users.upsert([row], ['handle']),
    findByHandle: (handle) => users.findByHandle(handle),
    findMany: () => users.findMany({}),
    close: () => source.destroy(),
  };
}
`,
};

/** The same for one row of `all-types.ts`: made of what it needs, changed, and read. */
export const thingsMain: Readonly<Record<CodeRequest['orm'], string>> = {
  prisma: `
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaService } from './src/prisma/prisma.service';
import { ThingsService } from './src/things/things.service';

export async function open(address) {
  const prisma = new PrismaService({ adapter: new PrismaPg(address) });
  const things = new ThingsService(prisma);
  return {
    create: (row) => things.create(row),
    update: (id, changes) => things.update({ id }, changes),
    find: (id) => things.find({ id }),
    close: () => prisma.$disconnect(),
  };
}
`,
  typeorm: `
import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { Thing } from './src/things/thing.entity';
import { ThingsService } from './src/things/things.service';

export async function open({ user, ...address }) {
  const options = { ...address, type: 'postgres', username: user, entities: [Thing] };
  const source = await new DataSource(options).initialize();
  const things = new ThingsService(source.getRepository(Thing));
  return {
    create: (row) => things.create(row),
    update: (id, changes) => things.update({ id }, changes),
    find: (id) => things.find({ id }),
    close: () => source.destroy(),
  };
}
`,
};

export interface LiveThings {
  create(row: object): Promise<Readonly<Record<string, unknown>> & { readonly id: number }>;
  update(id: number, changes: object): Promise<unknown>;
  find(id: number): Promise<Readonly<Record<string, unknown>> | null>;
  close(): Promise<void>;
}

/** Builds an application in its folder, and starts it. `folder` is in a workshop. */
export async function startApplication<Application>(
  folder: string,
  files: Files,
  mainText: string,
  address: Address,
): Promise<Application> {
  await writeApplication(folder, files);
  const main = join(folder, 'main.ts');
  await writeFile(main, mainText);
  const outfile = join(folder, 'main.mjs');
  await build({
    entryPoints: [main],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
    logLevel: 'silent',
  });
  const built = (await import(pathToFileURL(outfile).href)) as {
    open(address: Address): Promise<Application>;
  };
  return built.open(address);
}
