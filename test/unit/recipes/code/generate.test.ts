import assert from 'node:assert/strict';
import { loadParsers } from '../../../../server/src/analyze.ts';
import { defaultValueOf } from '../../../../server/src/recipes/code/default-value.ts';
import { nestCode } from '../../../../server/src/recipes/code/generate.ts';
import { camelCase, modelName } from '../../../../server/src/recipes/code/names.ts';
import type { TableUse, VersionDraft } from '../../../../server/src/recipes/model.ts';
import { tableByKey } from '../../../../server/src/schema/lookup.ts';
import type { Schema, Table } from '../../../../server/src/schema/model.ts';

let schema: Schema;
let people: Table;
let cards: Table;
before(async () => {
  const parsers = await loadParsers();
  ({ schema } = parsers.baseline(
    `CREATE TABLE people (id bigint PRIMARY KEY, full_name text NOT NULL, first_name text, last_name text);
     CREATE TABLE cards (person bigint PRIMARY KEY REFERENCES people, nickname text NOT NULL, tags text[], extra jsonb);`,
  ));
  people = tableByKey(schema, 'public.people') ?? assert.fail();
  cards = tableByKey(schema, 'public.cards') ?? assert.fail();
});

function version(name: string, use: Partial<TableUse>): VersionDraft {
  const uses = [{ table: people, columns: people.columns, dual: [], reads: {}, lookup: undefined, ...use }];
  return { name, says: '', statements: [], uses };
}

function filesOf(orm: 'prisma' | 'typeorm', from: Partial<TableUse>, to: Partial<TableUse>) {
  return nestCode({ orm, before: version('v1', from), version: version('v2', to), schema });
}

describe('the code of a deploy', () => {
  for (const orm of ['prisma', 'typeorm'] as const) {
    it(`${orm}: is none where the version changes nothing of it`, () => {
      assert.deepEqual(filesOf(orm, {}, {}), []);
    });

    it(`${orm}: is the model alone where a column goes that no write must see to`, () => {
      const [file, ...more] = filesOf(orm, {}, { columns: people.columns.slice(0, 2) });
      assert.ok(file && more.length === 0);
      assert.match(file.file, /schema\.prisma$|\.entity\.ts$/);
      assert.doesNotMatch(file.body, /firstName/);
    });

    it(`${orm}: keeps the class of a table that has another name now`, () => {
      const table = { name: { ...people.name, name: 'persons' } };
      const [file, ...more] = filesOf(orm, {}, { table });
      assert.ok(file && more.length === 0);
      assert.match(file.body, /(?:model|class) People \{/);
      assert.match(file.body, orm === 'prisma' ? /@@map\("persons"\)/ : /@Entity\('persons'\)/);
    });

    it(`${orm}: makes a row that values have moved to together with the one that it belongs to`, () => {
      const use = (table: Table): TableUse => ({
        table,
        columns: table.columns,
        dual: [],
        reads: {},
        lookup: undefined,
      });
      const arrived = { from: people, columns: ['nickname'], pairs: [{ own: 'person', key: 'id' }] };
      const before = { ...version('v1', {}), uses: [use(people), use(cards)] };
      const next = { ...use(cards), lookup: 'person', arrived };
      const [service, ...more] = nestCode({
        orm,
        before,
        version: { ...before, uses: [use(people), next] },
        schema,
      });
      assert.ok(service && more.length === 0);
      assert.equal(service.file, 'src/cards/cards.service.ts');
      assert.match(service.body, /nickname of people is here now/);
      assert.match(service.body, /createWith\(people: NewPeople, card: Omit<NewCard, 'person'>\)/);
      assert.match(service.body, /\{ \.\.\.card, person: made\.id \}/);
      assert.match(service.body, /findByPerson\(/);
    });

    it(`${orm}: makes and takes away what had been a row of another table`, () => {
      const merged = { table: cards, columns: ['full_name', 'first_name'], required: ['full_name'] };
      const [service, ...more] = filesOf(orm, {}, { merged });
      assert.ok(service && more.length === 0);
      assert.match(service.body, /What was in cards is in people now/);
      assert.match(
        service.body,
        /Pick<PeopleChanges, 'firstName'> &\s+\{ fullName: NonNullable<.*\['fullName'\]> \};/,
      );
      assert.match(service.body, /putCard\(where: .*, data: CardOfPeople\)/);
      assert.match(service.body, /removeCard\([\s\S]*\{ fullName: null, firstName: null \}/);
    });

    it(`${orm}: finds and changes rows in both of two tables, and forgets the one in the end`, () => {
      const use = (table: Table): TableUse => ({
        table,
        columns: people.columns,
        dual: [],
        reads: {},
        lookup: undefined,
      });
      const old = { ...people, name: { ...people.name, name: 'people_old' } };
      const with2 = (beside: TableUse['beside']) => ({
        ...version('v', {}),
        uses: [use(old), { ...use(people), ...(beside ? { beside } : {}) }],
      });
      const tables = new Map(schema.relations).set('public.people_old', old);
      const stages = [
        with2(undefined),
        with2({ table: old, creates: true }),
        with2({ table: old, creates: false }),
      ];
      const codes = [...stages, version('v4', {})].flatMap((now, at, all) => {
        const before = all[at - 1];
        return before
          ? [nestCode({ orm, before, version: now, schema: { ...schema, relations: tables } })]
          : [];
      });
      const services = codes.map(
        (files) => files.find(({ file }) => file === 'src/people/people.service.ts')?.body,
      );
      assert.equal(codes[0]?.length, orm === 'prisma' ? 2 : 3, 'with the models');
      assert.match(
        services[0] ?? '',
        /createPeopleOld\([\s\S]*update\(key: PeopleKey[\s\S]*delete\(key: PeopleKey/,
      );
      assert.match(services[1] ?? '', /nobody makes one in people_old/);
      assert.doesNotMatch(services[1] ?? '', /createPeopleOld/);
      assert.doesNotMatch(services[2] ?? 'peopleOld', /peopleOld/i);
    });

    it(`${orm}: asks for what follows from another column, and does not copy that`, () => {
      const dual = [{ column: 'full_name', also: 'first_name', expression: "split_part(full_name, ' ', 1)" }];
      const [model, service] = filesOf(orm, {}, { dual });
      assert.match(
        model?.body ?? '',
        /first_name is written by whoever writes .*: split_part\(full_name, ' ', 1\)/,
      );
      assert.match(service?.body ?? '', /\{ firstName: NonNullable</);
      assert.doesNotMatch(service?.body ?? '', /inBoth/);
    });
  }
});

it('says of what Prisma has no NULL for that it takes SQL, and writes NULL into JSON', () => {
  const of = (columns: readonly string[]) => {
    const merged = { table: people, columns, required: [] };
    const use = { table: cards, columns: cards.columns };
    return filesOf('prisma', use, { ...use, merged }).at(-1)?.body ?? '';
  };
  assert.match(of(['tags', 'extra']), /Prisma cannot write NULL .* has to be SQL/);
  assert.doesNotMatch(of(['tags', 'extra']), /removePeople|DbNull/);
  assert.match(of(['extra']), /import \{ Prisma \}[\s\S]*\{ extra: Prisma\.DbNull \}/);
});

it('says of an entity what the driver gives until a type has changed', () => {
  const columns = people.columns.map((one) => (one.name === 'id' ? { ...one, type: 'integer' } : one));
  const [file] = filesOf('typeorm', {}, { columns });
  assert.match(file?.body ?? '', /Until the type of id has changed, the driver gives a string here/);
});

describe('names in code', () => {
  it('are what a person would call them', () => {
    const classes = {
      users: 'User',
      categories: 'Category',
      addresses: 'Address',
      boxes: 'Box',
      status: 'Status',
    };
    for (const [table, name] of Object.entries(classes)) assert.equal(modelName(table), name);
    assert.equal(modelName('order_lines'), 'OrderLine');
    assert.equal(modelName('Order Line'), 'OrderLine');
    assert.equal(camelCase('created_at', 'column'), 'createdAt');
    assert.equal(camelCase('customerID', 'column'), 'customerId');
  });

  it('hide nothing that the code needs, and are names', () => {
    assert.equal(modelName('records'), 'RecordRow');
    assert.equal(modelName('2fa_codes'), 'Table2faCode');
    assert.equal(modelName('日本'), 'Table');
    assert.equal(camelCase('constructor', 'column'), 'constructorValue');
  });
});

describe('defaults in code', () => {
  const cases: readonly (readonly [string | null, ReturnType<typeof defaultValueOf>])[] = [
    [null, undefined],
    ['NULL::text', undefined],
    ["'it''s'::character varying(20)", { kind: 'text', value: "it's" }],
    ['-1', { kind: 'number', value: '-1' }],
    ['TRUE', { kind: 'boolean', value: true }],
    ['CURRENT_TIMESTAMP', { kind: 'now' }],
    ["now() + '1 day'::interval", { kind: 'sql', value: "now() + '1 day'::interval" }],
    ["'a' || 'b'", { kind: 'sql', value: "'a' || 'b'" }],
  ];
  for (const [source, value] of cases)
    it(`read ${source}`, () => assert.deepEqual(defaultValueOf(source), value));
});
