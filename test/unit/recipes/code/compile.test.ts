import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadParsers } from '../../../../server/src/analyze.ts';
import { pgVersions } from '../../../../server/src/effects/model.ts';
import { recipes } from '../../../../server/src/recipes/registry.ts';
import { recipeCases } from '../../../prove/recipes/cases/index.ts';
import { isFor } from '../../../prove/recipes/plan.ts';
import { allTypesCase } from './all-types.ts';
import {
  applicationsOf,
  compiler,
  compilerOptions,
  declarePrismaClient,
  type Files,
  makeWorkshop,
  writeApplication,
} from './application.ts';
import { formatted, prismaSchemaFile } from './prisma-client.ts';
import { requestsOf } from './requests.ts';

const run = promisify(execFile);

/** All cases take a while: without the variable, those of each recipe that `npm test` proves, or else its first. */
function chosenCases() {
  const ofRecipes = recipes.flatMap(({ type }) => {
    const all = recipeCases.filter(
      (one) => one.type === type && !one.refused && isFor(one, pgVersions.newest),
    );
    const quick = all.filter((one) => one.quick);
    if (process.env.SWITCHBACK_CODE_ALL) return all;
    return quick.length > 0 ? quick : all.slice(0, 1);
  });
  return [...ofRecipes, allTypesCase];
}

async function assertFormatted(files: Files, label: string): Promise<void> {
  const models = files.get('prisma/schema.prisma');
  if (models === undefined) return;
  const schema = prismaSchemaFile(models);
  assert.equal(await formatted(schema), schema, label);
}

/** What the rest of the application does with the example's service, in every version, with either ORM. */
const callers = `
import type { UsersService } from './users/users.service';

export async function callers(users: UsersService, id: 'id') {
  const row = { handle: 'ada', email: 'ada@example.org' };
  const made = await users.create({ ...row, createdAt: new Date() });
  const [handle, email, at]: [string, string, Date] = [made.handle, made.email, made.createdAt];
  await users.createMany([row, { handle, email, createdAt: at }]);
  await users.update({ handle: 'ada' }, { handle: 'lovelace' });
  const found: string | undefined = (await users.findByHandle('ada'))?.handle;
  // @ts-expect-error A row needs a handle.
  await users.create({ email });
  // @ts-expect-error It is not null.
  await users.create({ handle: null, email });
  // @ts-expect-error The copy is the service's own business.
  await users.create({ ...row, username: 'ada' });
  // @ts-expect-error So it is in a change.
  await users.update({ handle }, { handleCopy: 'ada' });
  // @ts-expect-error Nor is it seen.
  made.username;
  // @ts-expect-error Postgres gives the id.
  await users.create({ ...row, id });
  return found;
}
`;

describe('application code', function () {
  this.timeout(120_000);
  let workshop: Awaited<ReturnType<typeof makeWorkshop>>;
  before(async () => {
    workshop = await makeWorkshop();
  });
  after(() => workshop.remove());

  it('compiles against NestJS, Prisma and TypeORM, for every recipe that deploys', async () => {
    const parsers = await loadParsers();
    const { root } = workshop;
    let count = 0;
    for (const [number, one] of chosenCases().entries()) {
      const requests = requestsOf(one, pgVersions.newest, parsers);
      assert.notEqual(requests, 'refused', `${one.type}: ${one.name}`);
      if (requests === 'refused') continue;
      for (const orm of ['prisma', 'typeorm'] as const)
        for (const [at, files] of applicationsOf(requests, orm).entries()) {
          await assertFormatted(files, `${one.type}: ${one.name}`);
          const folder = `${String(number).padStart(3, '0')}-${one.type}-${orm}-${at}`;
          await writeApplication(join(root, folder), files);
          if (orm === 'prisma') await declarePrismaClient(join(root, folder));
          if (one.type === 'rename_column' && one.name === 'the example')
            await writeFile(join(root, folder, 'src/callers.ts'), callers);
          count += files.size;
        }
    }
    assert.ok(count > 0, 'no file was generated');
    await writeFile(
      join(root, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, include: ['*/src/**/*.ts'] }),
    );
    const errors = await run(process.execPath, [compiler(), '-p', root], { cwd: root }).then(
      () => '',
      (error: { readonly stdout: string }) => error.stdout,
    );
    assert.ok(errors === '', errors.slice(0, 4000));
  });
});
