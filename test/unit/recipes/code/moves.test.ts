import assert from 'node:assert/strict';
import { join } from 'node:path';
import { loadParsers } from '../../../../server/src/analyze.ts';
import type { CodeRequest } from '../../../../server/src/recipes/finish.ts';
import { major, type RealServer, startServer } from '../../rehearsal/real-server.ts';
import { applicationsOf, makeWorkshop } from './application.ts';
import { startApplication } from './live-application.ts';
import { requestsOf } from './requests.ts';

const baseline = `
CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL, theme text);
CREATE TABLE profiles ("user" bigint PRIMARY KEY REFERENCES users (id), photo text);
CREATE TABLE settings ("user" bigint PRIMARY KEY REFERENCES users (id), locale text NOT NULL, note text);
CREATE TABLE orders (id bigint PRIMARY KEY, total integer NOT NULL, note text);
CREATE TABLE orders_old (id bigint PRIMARY KEY, total integer NOT NULL, note text);`;

interface Live {
  readonly service: Record<string, (...given: unknown[]) => Promise<unknown>>;
  close(): Promise<void>;
}

/** An application with one service: `entities` are the classes of TypeORM with their files, the service's own first. */
function mainOf(
  orm: CodeRequest['orm'],
  service: string,
  entities: Readonly<Record<string, string>>,
): string {
  const name = `${service.charAt(0).toUpperCase()}${service.slice(1)}Service`;
  const load = `import { ${name} } from './src/${service}/${service}.service';`;
  const [own] = Object.keys(entities);
  return orm === 'prisma'
    ? `import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaService } from './src/prisma/prisma.service';
${load}
export async function open(address) {
  const prisma = new PrismaService({ adapter: new PrismaPg(address) });
  return { service: new ${name}(prisma), close: () => prisma.$disconnect() };
}`
    : `import 'reflect-metadata';
import { DataSource } from 'typeorm';
${Object.entries(entities)
  .map(([entity, file]) => `import { ${entity} } from './src/${file}.entity';`)
  .join('\n')}
${load}
export async function open({ user, ...address }) {
  const entities = [${Object.keys(entities).join(', ')}];
  const source = await new DataSource({ ...address, type: 'postgres', username: user, entities }).initialize();
  return { service: new ${name}(source.getRepository(${own})), close: () => source.destroy() };
}`;
}

describe('application code of values and rows that move, on a server', function () {
  this.timeout(120_000);
  let parsers: Awaited<ReturnType<typeof loadParsers>>;
  let server: RealServer;
  let workshop: Awaited<ReturnType<typeof makeWorkshop>>;
  before(async () => {
    [parsers, server, workshop] = await Promise.all([loadParsers(), startServer(), makeWorkshop()]);
  });
  after(async () => {
    await workshop?.remove();
    await server?.stop();
  });

  interface Wanted {
    readonly type: string;
    readonly answers: Readonly<Record<string, string>>;
    /** What the plan has done to the schema before the version comes. */
    readonly sql: string;
    readonly service: string;
    readonly entities: Readonly<Record<string, string>>;
  }

  async function second(
    orm: CodeRequest['orm'],
    wanted: Wanted,
  ): Promise<Live & { readonly database: string }> {
    const { type, answers, sql, service, entities } = wanted;
    const requests = requestsOf({ type, name: type, baseline, answers }, major, parsers);
    assert.ok(requests !== 'refused');
    const [files] = applicationsOf(requests, orm);
    assert.ok(files);
    const database = `moves_${service}_${orm}`;
    await server.run(`CREATE DATABASE ${database}`);
    await server.run(`${baseline} ${sql}`, database);
    const address = { ...server.target(database), user: 'postgres' };
    const folder = join(workshop.root, database);
    return {
      ...(await startApplication<Live>(folder, files, mainOf(orm, service, entities), address)),
      database,
    };
  }

  for (const orm of ['prisma', 'typeorm'] as const) {
    it(`${orm}: a row is made with the one that it belongs to, or neither is`, async () => {
      const { service, database, close } = await second(orm, {
        type: 'move_column',
        answers: { table: 'users', column: 'theme', to: 'profiles' },
        sql: 'ALTER TABLE profiles ADD COLUMN theme text CHECK (length(theme) < 10);',
        service: 'profiles',
        entities: { Profile: 'profiles/profile', User: 'users/user' },
      });
      try {
        await service.createWith?.({ email: 'ada@example.org' }, { theme: 'dark' });
        await assert.rejects(async () =>
          service.createWith?.({ email: 'eve@example.org' }, { theme: 'x'.repeat(20) }),
        );
        const rows = await server.run(
          'SELECT email, profiles.theme FROM users LEFT JOIN profiles ON id = "user"',
          database,
        );
        assert.deepEqual(rows, [{ email: 'ada@example.org', theme: 'dark' }]);
      } finally {
        await close();
      }
    });

    it(`${orm}: what was a row is put and taken away`, async () => {
      const { service, database, close } = await second(orm, {
        type: 'merge_tables',
        answers: { table: 'settings', into: 'users' },
        sql: 'ALTER TABLE users ADD COLUMN locale text, ADD COLUMN note text;',
        service: 'users',
        entities: { User: 'users/user' },
      });
      const now = () => server.run('SELECT email, locale, note FROM users', database);
      try {
        const made = (await service.create?.({ email: 'ada', locale: 'en' })) as { readonly id: unknown };
        assert.deepEqual(await now(), [{ email: 'ada', locale: 'en', note: null }]);
        await service.putSetting?.({ id: made.id }, { locale: 'de', note: 'x' });
        assert.deepEqual(await now(), [{ email: 'ada', locale: 'de', note: 'x' }]);
        await service.removeSetting?.({ id: made.id });
        assert.deepEqual(await now(), [{ email: 'ada', locale: null, note: null }]);
      } finally {
        await close();
      }
    });

    it(`${orm}: a row of either table is found, changed and deleted where it is`, async () => {
      const { service, database, close } = await second(orm, {
        type: 'merge_tables',
        answers: { table: 'orders_old', into: 'orders', moves: 'rows' },
        sql: 'INSERT INTO orders_old VALUES (1, 10), (2, 20);',
        service: 'orders',
        entities: { Order: 'orders/order', OrdersOld: 'orders-old/orders-old' },
      });
      const of = async (id: number) =>
        ((await service.find?.({ id })) as { readonly total: number } | null)?.total;
      try {
        await service.create?.({ id: 3, total: 30 });
        await service.createOrdersOld?.({ id: 4, total: 40 });
        await server.run(
          'WITH gone AS (DELETE FROM orders_old WHERE id = 2 RETURNING *) INSERT INTO orders SELECT * FROM gone',
          database,
        );
        assert.deepEqual(await Promise.all([1, 2, 3, 4, 5].map(of)), [10, 20, 30, 40, undefined]);
        const counts = [];
        for (const id of [1, 2, 5]) counts.push(await service.update?.({ id }, { total: 7 }));
        assert.deepEqual(counts, [1, 1, 0]);
        assert.deepEqual([await service.delete?.({ id: 3 }), await service.delete?.({ id: 4 })], [1, 1]);
        assert.deepEqual(
          await server.run(
            "SELECT 'old' AS at, id, total FROM orders_old UNION ALL SELECT 'new', id, total FROM orders",
            database,
          ),
          [
            { at: 'old', id: '1', total: 7 },
            { at: 'new', id: '2', total: 7 },
          ],
        );
      } finally {
        await close();
      }
    });
  }
});
