import assert from 'node:assert/strict';
import { join } from 'node:path';
import { analyze, loadParsers, type Parsers } from '../../../../server/src/analyze.ts';
import { modelsOf } from '../../../../server/src/recipes/code/model-of.ts';
import { prismaSchema } from '../../../../server/src/recipes/code/prisma-schema.ts';
import { prismaService } from '../../../../server/src/recipes/code/prisma-service.ts';
import { typeormEntity } from '../../../../server/src/recipes/code/typeorm-entity.ts';
import { typeormService } from '../../../../server/src/recipes/code/typeorm-service.ts';
import type { CodeRequest } from '../../../../server/src/recipes/finish.ts';
import { plain } from '../../../prove/recipes/baselines.ts';
import { renameColumnCases } from '../../../prove/recipes/cases/rename-column.ts';
import { planFor } from '../../../prove/recipes/plan.ts';
import { major, type RealServer, startServer } from '../../rehearsal/real-server.ts';
import { allTypes, allTypesCase } from './all-types.ts';
import { applicationsOf, type Files, makeWorkshop } from './application.ts';
import {
  type LiveApplication,
  type LiveThings,
  startApplication,
  thingsMain,
  usersMain,
} from './live-application.ts';
import { requestsOf } from './requests.ts';

/** The application before the first deploy, as a person would have written it. */
function firstApplication({ before, schema }: CodeRequest, orm: CodeRequest['orm']): Files {
  const [model] = modelsOf(before, before, schema);
  assert.ok(model);
  return orm === 'prisma'
    ? new Map([
        ['prisma/schema.prisma', prismaSchema([model])],
        ['src/users/users.service.ts', prismaService(model)],
      ])
    : new Map([
        ['src/users/user.entity.ts', typeormEntity(model)],
        ['src/users/users.service.ts', typeormService(model)],
      ]);
}

/** Every way of writing, and the reads that show what came of it. */
async function exercise(application: LiveApplication, name: string): Promise<void> {
  const email = `${name}@example.org`;
  const made = await application.create({ handle: `${name}-a`, email });
  assert.equal(made.handle, `${name}-a`);
  assert.ok(made.createdAt instanceof Date);
  assert.deepEqual(
    Object.entries(made)
      .flatMap(([key, value]) => (key === 'id' || value === undefined ? [] : [key]))
      .sort(),
    ['createdAt', 'email', 'handle'],
    'nobody sees the copy',
  );
  await application.createMany(['b', 'c'].map((letter) => ({ handle: `${name}-${letter}`, email })));
  await application.update(`${name}-a`, { handle: `${name}-a2` });
  await application.update(`${name}-b`, { email: `b.${email}` });
  await application.updateMany({ handle: `${name}-c` }, { handle: `${name}-c2` });
  await application.upsert({ handle: `${name}-d`, email });
  await application.upsert({ handle: `${name}-d`, email: `d.${email}` });
  assert.equal((await application.findByHandle(`${name}-a2`))?.email, email);
  assert.equal((await application.findByHandle(`${name}-b`))?.email, `b.${email}`);
  assert.equal((await application.findByHandle(`${name}-c2`))?.email, email);
  assert.equal((await application.findByHandle(`${name}-d`))?.email, `d.${email}`);
  assert.equal(await application.findByHandle(`${name}-a`), null);
}

describe('application code on a server', function () {
  this.timeout(120_000);
  let parsers: Parsers;
  let server: RealServer;
  let workshop: Awaited<ReturnType<typeof makeWorkshop>>;
  before(async () => {
    [parsers, server, workshop] = await Promise.all([loadParsers(), startServer(), makeWorkshop()]);
  });
  after(async () => {
    await workshop?.remove();
    await server?.stop();
  });

  for (const orm of ['typeorm', 'prisma'] as const)
    it(`${orm}: v1 to v4 of a renamed column work, each beside the one before it`, async () => {
      const [example] = renameColumnCases;
      assert.ok(example?.baseline === plain);
      const requests = requestsOf(example, major, parsers);
      const plan = planFor(example, major, parsers);
      assert.ok(requests !== 'refused' && 'text' in plan);
      const [first] = requests;
      assert.ok(first);
      const stages = [firstApplication(first, orm), ...applicationsOf(requests, orm)];
      const database = `code_${orm}`;
      await server.run(`CREATE DATABASE ${database}`);
      await server.run(plain, database);
      const start = (version: number) => {
        const files = stages[version - 1];
        assert.ok(files);
        return startApplication<LiveApplication>(
          join(workshop.root, `${orm}-v${version}`),
          files,
          usersMain[orm],
          {
            ...server.target(database),
            user: 'postgres',
          },
        );
      };
      const apart = async () =>
        (
          await server.run(
            'SELECT username, handle FROM users WHERE handle IS DISTINCT FROM username',
            database,
          )
        ).length;
      let version = 1;
      let live = await start(version);
      await exercise(live, 'v1');
      const { steps } = analyze(plan.text, { parsers, kind: 'plan', readFile: () => ({ text: plain }) });
      for (const { step, action } of steps) {
        const what = action?.action;
        if (what?.kind === 'sql')
          for (const { statement } of action?.statements ?? []) await server.run(statement.text, database);
        if (what?.kind === 'backfill')
          await server.run(`UPDATE users SET ${what.set?.text} WHERE ${what.where?.text}`, database);
        if (what?.kind === 'deploy') {
          const old = live;
          version += 1;
          live = await start(version);
          assert.equal(what.version.value, `v${version}`);
          const drifted = version === 2 ? undefined : await apart();
          // While it rolls out both serve requests, and each sees what the other wrote.
          await exercise(live, `v${version}`);
          await exercise(old, `v${version - 1} beside v${version}`);
          assert.equal((await old.findByHandle(`v${version}-a2`))?.handle, `v${version}-a2`);
          assert.ok(await live.findByHandle(`v${version - 1} beside v${version}-b`));
          assert.equal((await live.findMany()).length, (await old.findMany()).length);
          if (version === 3) assert.deepEqual([drifted, await apart()], [0, 0], step.id);
          await old.close();
        }
      }
      await exercise(live, 'the end');
      assert.equal((await live.findByHandle('v1-a2'))?.handle, 'v1-a2');
      await live.close();
    });

  for (const orm of ['typeorm', 'prisma'] as const)
    it(`${orm}: columns of every type are read and written`, async () => {
      const requests = requestsOf(allTypesCase, major, parsers);
      assert.ok(requests !== 'refused');
      const [files] = applicationsOf(requests, orm);
      assert.ok(files);
      const database = `types_${orm}`;
      await server.run(`CREATE DATABASE ${database}`);
      await server.run(`${allTypes}; ALTER TABLE shop.things ADD COLUMN seen_at timestamptz`, database);
      const things = await startApplication<LiveThings>(
        join(workshop.root, database),
        files,
        thingsMain[orm],
        {
          ...server.target(database),
          user: 'postgres',
        },
      );
      const seenAt = new Date('2024-02-29T12:34:56.789Z');
      const made = await things.create({ seenAt, ratio: 0.5 });
      const found = await things.find(made.id);
      assert.ok(found);
      assert.equal(found.mood, orm === 'prisma' ? 'very_good' : 'very good');
      assert.deepEqual(
        [found.seenAt, found.ratio, found.small, found.flag, found.tags, found.note, found.code, found.extra],
        [seenAt, 0.5, -1, false, [], `it's "fine"`, 'abc', {}],
      );
      assert.deepEqual(
        [String(found.price), String(found.doubled), found.big],
        ['0.5', '-2', null].map((one) => (one === '0.5' && orm === 'typeorm' ? '0.50' : one)),
      );
      assert.equal('seenAtCopy' in found && found.seenAtCopy !== undefined, false);
      const later = new Date('2025-01-01T00:00:00Z');
      await things.update(made.id, {
        seenAt: later,
        big: orm === 'prisma' ? 9007199254740993n : '9007199254740993',
        exact: '12345678901234567890.123',
        moods: ['bad'],
        bits: '101',
        body: [1, { a: null }],
        raw: Buffer.from('ab'),
        time: orm === 'prisma' ? new Date('1970-01-01T10:00:00Z') : '10:00:00',
        constructorValue: 'one',
        unicodeName: 'two',
        column: 'three',
      });
      const [row] = await server.run('SELECT *, seen = seen_at AS same FROM shop.things', database);
      assert.ok(row);
      assert.deepEqual(
        [row.same, row.big, row.exact, row.moods, row.bits, row.body, String(row.raw), row.time],
        [
          true,
          '9007199254740993',
          '12345678901234567890.123',
          '{bad}',
          '101',
          [1, { a: null }],
          'ab',
          '10:00:00',
        ],
      );
      assert.deepEqual([row.constructor, row['Ünïcode name'], row.日本], ['one', 'two', 'three']);
      await things.close();
    });
});
