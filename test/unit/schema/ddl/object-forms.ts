import { quoteIdentifier } from '../../../../server/src/sql/names.ts';
import { aQuery } from './table-forms.ts';
import {
  aColumn,
  aCondition,
  aNumber,
  aTable,
  columnName,
  type Form,
  isNumber,
  maybe,
  newName,
  relations,
  schemaName,
  someColumns,
  tables,
  type Weighted,
  words,
  written,
} from './world.ts';

const createIndex: Form = (world) => {
  const views = relations(world, 'materialized view');
  const view = world.chance(15) ? world.of(views) : undefined;
  const owner = view ?? aTable(world);
  const columns = owner?.kind === 'table' ? owner.columns : [];
  const named = view
    ? (view.columns ?? []).map(({ name }) => quoteIdentifier(name)).slice(0, 1)
    : someColumns(world, columns);
  const parts = [
    ...named,
    ...(owner?.kind === 'table' && world.chance(25) ? [`(${aNumber(world, columns)})`] : []),
  ];
  if (!owner || parts.length === 0) return undefined;
  const name = world.chance(40) ? quoteIdentifier(world.one(['i', 'j', 'Odd Index', 't_a_idx', 'k'])) : '';
  return words(
    'CREATE',
    maybe(world, 35, 'UNIQUE'),
    'INDEX',
    maybe(world, 10, 'CONCURRENTLY'),
    name !== '' ? maybe(world, 20, 'IF NOT EXISTS') : '',
    name,
    'ON',
    owner.kind === 'table' ? maybe(world, 15, 'ONLY') : '',
    written(world, owner.name),
    maybe(world, 10, 'USING btree'),
    `(${parts.map((part) => part + maybe(world, 10, ' DESC')).join(', ')})`,
    owner.kind === 'table' ? maybe(world, 12, `INCLUDE (${someColumns(world, columns, 1).join()})`) : '',
    maybe(world, 8, 'NULLS NOT DISTINCT'),
    owner.kind === 'table' ? maybe(world, 20, `WHERE ${aCondition(world, columns)}`) : '',
  );
};

const alterIndex: Form = (world) => {
  const index = world.of(relations(world, 'index'));
  if (!index) return undefined;
  const whole = world.of(relations(world, 'index').filter((one) => one.valid === false));
  const part =
    whole &&
    world.of(
      relations(world, 'index').filter(
        (one) => one.table !== whole.table && one.columns.join() === whole.columns.join(),
      ),
    );
  if (part && world.chance(60))
    return `ALTER INDEX ${written(world, whole.name)} ATTACH PARTITION ${written(world, part.name)}`;
  return `ALTER INDEX ${written(world, index.name)} RENAME TO ${quoteIdentifier(world.one(['i', 'renamed_idx', 'Odd Index', 'c1', 't_pkey']))}`;
};

const dropIndex: Form = (world) => {
  const index = world.of(relations(world, 'index'));
  return (
    index &&
    words(
      'DROP INDEX',
      maybe(world, 15, 'IF EXISTS'),
      written(world, index.name),
      maybe(world, 40, 'CASCADE'),
    )
  );
};

const createView: Form = (world) => {
  const query = aQuery(world);
  return (
    query &&
    `CREATE ${world.one(['VIEW', 'VIEW', 'OR REPLACE VIEW', 'MATERIALIZED VIEW'])} ${newName(world)} AS ${query}`
  );
};

const alterView: Form = (world) => {
  const view = world.of([...relations(world, 'view'), ...relations(world, 'materialized view')]);
  if (!view) return undefined;
  const kind = view.kind === 'view' ? 'VIEW' : 'MATERIALIZED VIEW';
  const column = view.columns?.[0];
  if (column && world.chance(40))
    return `ALTER ${kind} ${written(world, view.name)} RENAME COLUMN ${quoteIdentifier(column.name)} TO ${quoteIdentifier(columnName(world))}`;
  return world.chance(50)
    ? `ALTER ${kind} ${written(world, view.name)} RENAME TO renamed_view`
    : `DROP ${kind} ${written(world, view.name)}${maybe(world, 50, ' CASCADE')}`;
};

const sequence: Form = (world) => {
  const own = world.of(relations(world, 'sequence'));
  const table = aTable(world);
  const column = table && aColumn(world, table);
  const owner = column ? `${written(world, table.name)}.${quoteIdentifier(column.name)}` : 'NONE';
  const choice = world.number(5);
  if (!own || choice === 0)
    return words(
      'CREATE SEQUENCE',
      maybe(world, 15, 'IF NOT EXISTS'),
      newName(world),
      maybe(world, 30, `OWNED BY ${owner}`),
    );
  const name = written(world, own.name);
  if (choice === 1) return `ALTER SEQUENCE ${name} OWNED BY ${world.one([owner, 'NONE'])}`;
  if (choice === 2) return `ALTER SEQUENCE ${name} RENAME TO renamed_seq`;
  if (choice === 3) return `ALTER SEQUENCE ${name} RESTART`;
  return `DROP SEQUENCE ${name}${maybe(world, 50, ' CASCADE')}`;
};

const typeNames = ['mood', 'pair', 'Positive', 'span'] as const;

const createType: Form = (world) => {
  const name =
    world.chance(20) && world.schema.schemas.has('app')
      ? `app.${quoteIdentifier(world.one(typeNames))}`
      : quoteIdentifier(world.one(typeNames));
  const base = world.of([...world.schema.types.values()]);
  switch (world.number(5)) {
    case 0:
    case 1:
      return `CREATE TYPE ${name} AS ENUM ('a', 'b', 'c')`;
    case 2:
      return `CREATE TYPE ${name} AS (a int, b ${base && world.chance(40) ? written(world, base.name) : 'text'})`;
    case 3:
      return `CREATE DOMAIN ${name} AS ${base && world.chance(40) ? written(world, base.name) : 'int'}${world.one(['', ' NOT NULL', ' CHECK (VALUE IS NOT NULL)', ' DEFAULT NULL', ' CONSTRAINT dc CHECK (true)'])}`;
    default:
      return `CREATE TYPE ${name} AS RANGE (subtype = int)`;
  }
};

const alterType: Form = (world) => {
  const type = world.of([...world.schema.types.values()]);
  if (!type) return undefined;
  const name = written(world, type.name);
  const word = type.kind === 'domain' ? 'DOMAIN' : 'TYPE';
  switch (world.number(6)) {
    case 0:
      return `ALTER ${word} ${name} RENAME TO ${quoteIdentifier(world.one(['feeling', 'mood', 'New Type']))}`;
    case 1:
      return `ALTER ${word} ${name} SET SCHEMA ${quoteIdentifier(schemaName(world))}`;
    case 2:
      return `DROP ${word} ${maybe(world, 20, 'IF EXISTS ')}${name}${maybe(world, 60, ' CASCADE')}`;
    default:
      if (type.kind === 'enum') {
        const label = world.of(type.labels) ?? 'a';
        return world.chance(30)
          ? `ALTER TYPE ${name} RENAME VALUE '${label}' TO '${world.one(['x', 'y', 'a'])}'`
          : `ALTER TYPE ${name} ADD VALUE ${maybe(world, 30, 'IF NOT EXISTS ')}'${world.one(['d', 'e', 'a', 'f'])}' ${world.one(['', `BEFORE '${label}'`, `AFTER '${label}'`])}`;
      }
      if (type.kind === 'composite')
        return `ALTER TYPE ${name} ${world.one(['ADD ATTRIBUTE c int', 'DROP ATTRIBUTE b', 'ALTER ATTRIBUTE a TYPE bigint', 'RENAME ATTRIBUTE a TO aa'])}${maybe(world, 50, ' CASCADE')}`;
      if (type.kind === 'domain') {
        const constraint = quoteIdentifier(world.of(type.constraints) ?? 'missing');
        return `ALTER DOMAIN ${name} ${world.one(['ADD CHECK (VALUE IS NOT NULL) NOT VALID', 'SET NOT NULL', 'DROP NOT NULL', 'SET DEFAULT NULL', 'DROP DEFAULT', `DROP CONSTRAINT ${constraint}`, `RENAME CONSTRAINT ${constraint} TO renamed_dc`, `VALIDATE CONSTRAINT ${constraint}`])}`;
      }
      return `DROP TYPE ${name} CASCADE`;
  }
};

const createFunction: Form = (world) => {
  const name = world.chance(20) && world.schema.schemas.has('app') ? 'app.f' : world.one(['f', 'g', 'h']);
  const type = world.chance(20) ? world.of([...world.schema.types.values()]) : undefined;
  const argument = type ? written(world, type.name) : world.one(['int', 'int', 'text', '']);
  if (world.chance(35))
    return `CREATE ${maybe(world, 30, 'OR REPLACE ')}FUNCTION ${world.one(['trg', 'trg2'])}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'`;
  return `CREATE ${maybe(world, 30, 'OR REPLACE ')}FUNCTION ${name}(${argument}) RETURNS int LANGUAGE sql ${world.one(['IMMUTABLE', 'IMMUTABLE', 'STABLE', ''])} AS 'SELECT 1'`;
};

const alterFunction: Form = (world) => {
  const entry = world.of([...world.schema.functions.values()]);
  const overload = entry && world.of(entry.overloads ?? []);
  if (!entry || !overload) return undefined;
  const name = `${written(world, entry.name)}${world.chance(80) ? `(${overload.argumentTypes.join(', ')})` : ''}`;
  switch (world.number(6)) {
    case 0:
      return `ALTER FUNCTION ${name} RENAME TO ${world.one(['f', 'g', 'renamed_f'])}`;
    case 1:
      return `ALTER FUNCTION ${name} SET SCHEMA ${quoteIdentifier(schemaName(world))}`;
    case 2:
      return `ALTER FUNCTION ${name} ${world.one(['IMMUTABLE', 'STABLE', 'VOLATILE', 'STRICT'])}`;
    default:
      return `DROP FUNCTION ${maybe(world, 15, 'IF EXISTS ')}${name}${maybe(world, 60, ' CASCADE')}`;
  }
};

const createTrigger: Form = (world) => {
  const table = aTable(world);
  const calls = [...world.schema.functions.values()].filter(({ name }) => name.name.startsWith('trg'));
  const call = world.of(calls);
  const column = table && aColumn(world, table, isNumber);
  if (!table) return undefined;
  if (!call) return `CREATE FUNCTION trg() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'`;
  const event = column
    ? world.one(['INSERT', 'UPDATE', 'DELETE', `UPDATE OF ${quoteIdentifier(column.name)}`])
    : 'INSERT';
  const when =
    column && event === 'INSERT' && world.chance(25) ? `WHEN (NEW.${quoteIdentifier(column.name)} > 0)` : '';
  return words(
    'CREATE',
    maybe(world, 15, 'OR REPLACE'),
    'TRIGGER',
    world.one(['tr', 'tr2', '"Odd Trigger"']),
    world.one(['AFTER', 'BEFORE']),
    event,
    'ON',
    written(world, table.name),
    `FOR EACH ${when || world.chance(60) ? 'ROW' : 'STATEMENT'}`,
    when,
    `EXECUTE FUNCTION ${written(world, call.name)}()`,
  );
};

const alterTrigger: Form = (world) => {
  const table = world.of(tables(world).filter(({ triggers }) => triggers.length > 0));
  const trigger = table && world.of(table.triggers);
  if (!table || trigger === undefined) return undefined;
  return world.chance(50)
    ? `DROP TRIGGER ${quoteIdentifier(trigger)} ON ${written(world, table.name)}`
    : `ALTER TRIGGER ${quoteIdentifier(trigger)} ON ${written(world, table.name)} RENAME TO ${world.one(['tr', 'renamed_tr'])}`;
};

const policy: Form = (world) => {
  const table = aTable(world);
  if (!table) return undefined;
  const own = world.of(table.policies ?? []);
  const choice = world.number(4);
  const name = own && quoteIdentifier(own.name);
  if (!own || choice === 0)
    return `CREATE POLICY ${world.one(['p', '"Odd Policy"'])} ON ${written(world, table.name)} USING (${aCondition(world, table.columns)})`;
  if (choice === 1) return `DROP POLICY ${name} ON ${written(world, table.name)}`;
  if (choice === 2) return `ALTER POLICY ${name} ON ${written(world, table.name)} RENAME TO renamed_p`;
  return `ALTER POLICY ${name} ON ${written(world, table.name)} USING (${aCondition(world, table.columns)})`;
};

const schema: Form = (world) => {
  const name = quoteIdentifier(world.one(['app', 'Other', 'more']));
  switch (world.number(7)) {
    case 0:
      return `DROP SCHEMA ${maybe(world, 20, 'IF EXISTS ')}${name}${maybe(world, 70, ' CASCADE')}`;
    case 1:
      return `ALTER SCHEMA ${name} RENAME TO ${quoteIdentifier(world.one(['app', 'Other', 'more']))}`;
    case 2:
      return `CREATE SCHEMA ${name} CREATE TABLE t (a int PRIMARY KEY) CREATE VIEW tv AS SELECT a FROM t CREATE INDEX ON t (a)`;
    default:
      return `CREATE SCHEMA ${maybe(world, 15, 'IF NOT EXISTS ')}${name}`;
  }
};

const searchPath: Form = (world) => {
  const path = world.one([
    'app, public',
    'public',
    '"Other", app',
    '"$user", public',
    'missing, public',
    'public, app',
  ]);
  switch (world.number(5)) {
    case 0:
      return 'RESET search_path';
    case 1:
      return `SET LOCAL search_path = ${path}`;
    case 2:
      return `SELECT set_config('search_path', '${path}', ${world.one(['false', 'true'])})`;
    default:
      return `SET search_path = ${path}`;
  }
};

const transaction: Form = (world) =>
  world.schema.transaction
    ? world.one([
        'COMMIT',
        'ROLLBACK',
        'SAVEPOINT s',
        'ROLLBACK TO s',
        'RELEASE s',
        'SAVEPOINT s',
        'COMMIT AND CHAIN',
        'ROLLBACK AND CHAIN',
        'COMMIT',
      ])
    : world.one(['BEGIN', 'START TRANSACTION']);

/** What changes rows, or nothing at all, and no table. */
const rows: Form = (world) => {
  const table = aTable(world);
  const name = table && written(world, table.name);
  return (
    table &&
    world.one([
      `TRUNCATE ${name}`,
      `DELETE FROM ${name}`,
      `LOCK TABLE ${name}`,
      `COMMENT ON TABLE ${name} IS 'x'`,
      `ANALYZE ${name}`,
      `SELECT * FROM ${name}`,
      `CREATE STATISTICS ON a, b FROM ${name}`,
      `INSERT INTO ${name} DEFAULT VALUES ON CONFLICT DO NOTHING`,
    ])
  );
};

export const indexForms: Weighted = [
  [16, createIndex],
  [4, alterIndex],
  [4, dropIndex],
];

export const triggerForms: Weighted = [
  [5, createTrigger],
  [2, alterTrigger],
];

/** What depends on something, and what it depends on. */
export const dependencyForms: Weighted = [
  [6, createView],
  [3, alterView],
  [5, sequence],
  [6, createType],
  [6, alterType],
  [5, createFunction],
  [4, alterFunction],
  [4, policy],
];

export const sessionForms: Weighted = [
  [6, schema],
  [4, searchPath],
  [5, transaction],
  [2, rows],
];
