import type { Table, UserType } from '../schema/model.ts';
import { quoteIdentifier, quoteLiteral } from '../sql/names.ts';
import { requiredColumns, tableStatements } from './application.ts';
import { stepId, wait } from './blocks.ts';
import { enumAnswered, enumColumns, problemOfLabel } from './enums.ts';
import { primaryKeyOf, sqlName } from './facts.ts';
import { defineRecipe, type Given, type PlanDraft, type VersionDraft } from './model.ts';

export const addEnumValue = defineRecipe({
  type: 'add_enum_value',
  title: 'Add a value to an enum',
  summary:
    'The label comes in a moment. One version of the application learns to read it before the next one writes it, so that no instance ever meets a value that it does not know.',
  questions: [
    { id: 'enum', prompt: 'Which enum?', kind: 'enum' },
    {
      id: 'value',
      prompt: 'What is the new value?',
      kind: 'text',
      validate(value, given) {
        const type = enumAnswered(given);
        return type.labels.includes(value)
          ? `${sqlName(given.facts, type)} has the value ${value} already.`
          : problemOfLabel(value);
      },
    },
    {
      id: 'before',
      prompt: 'Before which of the others does it stand?',
      kind: 'text',
      optional: true,
      validate: problemOfNeighbour,
    },
    {
      id: 'after',
      prompt: 'After which of the others does it stand?',
      kind: 'text',
      optional: true,
      when: ({ before }) => before === undefined,
      // Said even where it is the last one: ORDER BY follows it, and it cannot be changed.
      default: (given) => enumAnswered(given).labels.at(-1),
      validate: problemOfNeighbour,
    },
  ],
  write,
});

function problemOfNeighbour(value: string, given: Given): string | undefined {
  const type = enumAnswered(given);
  return type.labels.includes(value)
    ? undefined
    : `${sqlName(given.facts, type)} has no value ${value}. There are ${type.labels.join(', ')}.`;
}

function write(given: Given): PlanDraft {
  const { facts } = given;
  const type = enumAnswered(given);
  const value = given.answer('value');
  const name = sqlName(facts, type);
  const [before, after] = [given.optional('before'), given.optional('after')];
  const place =
    before !== undefined
      ? ` BEFORE ${quoteLiteral(before)}`
      : after !== undefined
        ? ` AFTER ${quoteLiteral(after)}`
        : '';
  const columns = enumColumns(facts, type);
  const tables = [...new Set(columns.map(({ table }) => table))];
  return {
    title: `Add ${quoteLiteral(value)} to the enum ${name}`,
    intro: [
      'Adds a value to an enum. Postgres needs a moment for it, and reads no row: what takes care is the application, all instances of which have to know the value before the first one writes it.',
      '',
      'Postgres takes no value out of an enum again. Unused it does no harm; to be rid of it, the type has to be replaced by another one (switchback new replace_enum).',
    ],
    tables,
    versions: columns.length > 0 ? versionsOf(given, type, value) : [],
    phases: [
      {
        phase: 'Expand',
        risk: 'low',
        steps: [
          {
            step: `The enum has the value ${value}`,
            id: stepId('add', value),
            why: 'In a step of its own: a new value can be used only after the transaction that adds it.',
            sql: [`ALTER TYPE ${name} ADD VALUE ${quoteLiteral(value)}${place}`],
            expect: { rewrite: false },
            rollback: {
              impossible:
                'Postgres takes no value out of an enum. Nobody writes it yet, so that it does no harm: later steps are undone without it',
            },
          },
        ],
      },
      ...(columns.length > 0
        ? [
            {
              phase: 'Migrate',
              risk: 'low' as const,
              steps: [
                {
                  step: `Read ${value}, and do not write it yet`,
                  id: 'deploy_v2',
                  why: 'While a version rolls out, the one before it goes on: it must not meet a value that it cannot read.',
                  deploy: 'v2',
                },
                wait('watch_v2', 'Watch v2 for a day', '24h'),
                { step: `Write ${value}`, id: 'deploy_v3', deploy: 'v3' },
                wait('watch_v3', 'Watch v3 for a day', '24h'),
              ],
            },
          ]
        : []),
    ],
    queries: columns.map(({ table, column }) => ({
      name: `Rows of ${table.name.name} by ${column.name}`,
      sql: `SELECT ${quoteIdentifier(column.name)}, count(*) FROM ${sqlName(facts, table)} GROUP BY 1 ORDER BY 1`,
    })),
    cleanup: ['Tell other services, exports and dashboards that read the value'],
  };
}

function versionsOf(given: Given, type: UserType, value: string): readonly VersionDraft[] {
  const { facts } = given;
  const columns = enumColumns(facts, type);
  const tables = [...new Set(columns.map(({ table }) => table))];
  const own = (table: Table) => columns.filter((one) => one.table === table).map(({ column }) => column);
  const plain = tables.flatMap((table) => {
    const key = primaryKeyOf(table)?.columns ?? [];
    const reading = [...own(table), ...requiredColumns(table)].map(({ name }) => name);
    const writes = own(table).flatMap(({ name }) => (key.includes(name) ? [] : [[name, []] as const]));
    return tableStatements(facts, table, {
      reads: [...new Set(reading)].slice(0, 6),
      writes: Object.fromEntries(writes),
    });
  });
  const literal = quoteLiteral(value);
  const writing = tables.flatMap((table) => {
    const key = primaryKeyOf(table)?.columns ?? [];
    const where = key.map((one, at) => `${quoteIdentifier(one)} = $${at + 1}`).join(' AND ');
    return own(table).flatMap((column) => {
      const name = quoteIdentifier(column.name);
      const isWritable = key.length > 0 && !key.includes(column.name) && !column.generated;
      return [
        `SELECT count(*) FROM ${sqlName(facts, table)} WHERE ${name} = ${literal}`,
        ...(isWritable ? [`UPDATE ${sqlName(facts, table)} SET ${name} = ${literal} WHERE ${where}`] : []),
      ];
    });
  });
  const uses = tables.map((table) => ({
    table,
    columns: table.columns,
    dual: [],
    reads: {},
    lookup: undefined,
  }));
  return [
    { name: 'v1', says: `does not know ${value}`, statements: plain, uses },
    { name: 'v2', says: `reads ${value}`, statements: plain, uses },
    { name: 'v3', says: `writes ${value}`, statements: [...plain, ...writing], uses },
  ];
}
