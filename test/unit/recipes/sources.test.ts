import assert from 'node:assert/strict';
import { migrationsBefore, readMigration } from '../../../server/src/recipes/convert/sources.ts';

const read = (path: string, text: string, more: Readonly<Record<string, string>> = {}) => {
  const file = { path, text };
  return readMigration(file, [
    file,
    ...Object.entries(more).map(([name, body]) => ({ path: name, text: body })),
  ]);
};

describe('What a migration file of a tool says', () => {
  it('Flyway: the words of its name, and the undo file beside it', () => {
    const found = read('sql/V2_1__add_handle.sql', 'A;', {
      'sql/U2_1__add_handle.sql': 'B;',
      'sql/U2__x.sql': 'C;',
    });
    assert.deepEqual(
      [found?.tool, found?.title, found?.up, found?.down],
      ['flyway', 'Add handle', 'A;', 'B;'],
    );
    assert.match(
      read('V1__x.sql', `CREATE TABLE \${schema}.t ()`)?.notes[0] ?? '',
      /\$\{schema\} is a placeholder/,
    );
    assert.equal(read('U2_1__add_handle.sql', 'B;'), undefined, 'a way back is no migration');
  });

  it('dbmate, goose and sql-migrate: two halves of one file', () => {
    const dbmate = read(
      '20240101120000_add_handle.sql',
      '-- migrate:up transaction:false\nA;\n-- migrate:down\nB;\n',
    );
    assert.deepEqual(
      [dbmate?.tool, dbmate?.title, dbmate?.up.trim(), dbmate?.down?.trim()],
      ['dbmate', 'Add handle', 'A;', 'B;'],
    );
    const goose = read(
      '0001_f.sql',
      '-- +goose Up\n-- +goose StatementBegin\nA;\n-- +goose StatementEnd\n-- +goose Down\nB;\n',
    );
    assert.deepEqual([goose?.tool, goose?.up.trim(), goose?.down?.trim()], ['goose', 'A;', 'B;']);
    const other = read('1-x.sql', '-- +migrate Up notransaction\nA;\n-- +migrate Down\n');
    assert.deepEqual([other?.tool, other?.up.trim(), other?.down], ['sql-migrate', 'A;', undefined]);
  });

  it('golang-migrate and Prisma: the way back is a file of its own', () => {
    const go = read('m/0002_add_handle.up.sql', 'A;', { 'm/0002_add_handle.down.sql': 'B;' });
    assert.deepEqual([go?.tool, go?.title, go?.down], ['golang-migrate', 'Add handle', 'B;']);
    assert.equal(read('m/0002_add_handle.down.sql', 'B;'), undefined);
    const prisma = read('prisma/migrations/20240102_add_handle/migration.sql', 'A;');
    assert.deepEqual([prisma?.tool, prisma?.title, prisma?.down], ['prisma', 'Add handle', undefined]);
  });

  it('Drizzle: its breakpoints are no SQL', () => {
    const found = read(
      '0001_brave_hulk.sql',
      'CREATE TABLE a ();--> statement-breakpoint\nCREATE TABLE b ();',
    );
    assert.deepEqual([found?.tool, found?.up], ['drizzle', 'CREATE TABLE a ();\nCREATE TABLE b ();']);
  });

  it('Drizzle: what it skips where it is there already is a statement of its own, and that is told', () => {
    const found = read(
      '0002_fk.sql',
      'DO $$ BEGIN\n ALTER TABLE "a" ADD CONSTRAINT f FOREIGN KEY (b) REFERENCES c(d);\nEXCEPTION\n WHEN duplicate_object THEN null;\nEND $$;\n',
    );
    assert.equal(found?.up.trim(), 'ALTER TABLE "a" ADD CONSTRAINT f FOREIGN KEY (b) REFERENCES c(d);');
    assert.match(found?.notes.join() ?? '', /duplicate_object/);
    const other = 'DO $$ BEGIN PERFORM 1; END $$;';
    assert.equal(read('0003_do.sql', other)?.up, other);
  });

  it('Drizzle: a file of one statement comes before one of several', () => {
    const folder = [
      { path: 'm/0000_one.sql', text: 'CREATE TABLE a ();' },
      { path: 'm/0001_two.sql', text: 'CREATE TABLE b ();--> statement-breakpoint\nCREATE TABLE c ();' },
    ];
    const [one, two] = folder as [(typeof folder)[0], (typeof folder)[0]];
    assert.deepEqual(
      migrationsBefore(two, folder).map(({ path }) => path),
      [one.path],
    );
  });

  it('TypeORM: nothing that the runner does, or is handed to, is passed over in silence', () => {
    const found = read(
      'x.ts',
      `class A implements MigrationInterface {
        async up(queryRunner: QueryRunner) {
          await queryRunner.startTransaction();
          await queryRunner.manager.query('UPDATE a SET b = 1');
          const rows = await queryRunner.query<Row[]>('SELECT 1');
          await queryRunner?.manager.getRepository(Cat).update({}, { age: 2 });
          await this.fill(queryRunner, 3);
          await Promise.all([queryRunner.query('SELECT 2'), console.log(rows)]);
          if (queryRunner) await queryRunner.commitTransaction();
        }
      }`,
    );
    assert.equal(found?.up, 'UPDATE a SET b = 1;\nSELECT 1;\nSELECT 2;');
    assert.deepEqual(
      found?.notes.map((note) => /What (\S+)\(\)/.exec(note)?.[1]),
      ['queryRunner.manager.getRepository', 'this.fill'],
    );
  });

  it('TypeORM: the strings that up() and down() send; of other calls it is told', () => {
    const text = [
      "import { MigrationInterface, QueryRunner } from 'typeorm';",
      'export class AddHandle1700000000000 implements MigrationInterface {',
      "  name = 'AddHandle1700000000000';",
      '  public async up(queryRunner: QueryRunner): Promise<void> {',
      "    // await queryRunner.query('never')",
      '    await queryRunner.query(`ALTER TABLE "users" ADD "handle" text`);',
      "    await queryRunner.query('COMMENT ON COLUMN users.handle IS ' + \"'it\\'s }'\",);",
      "    await queryRunner.createIndex('users', new TableIndex({ columnNames: ['handle'] }));",
      '  }',
      '  public async down(queryRunner: QueryRunner): Promise<void> {',
      '    await queryRunner.query(`ALTER TABLE "users" DROP COLUMN "handle"`);',
      '  }',
      '}',
    ].join('\n');
    const found = read('src/1700000000000-AddHandle.ts', text);
    assert.deepEqual(
      [found?.tool, found?.title, found?.up, found?.down],
      [
        'typeorm',
        'Add handle',
        `ALTER TABLE "users" ADD "handle" text;\nCOMMENT ON COLUMN users.handle IS 'it's }';`,
        'ALTER TABLE "users" DROP COLUMN "handle";',
      ],
    );
    assert.deepEqual(found?.notes, [
      'What queryRunner.createIndex() of up() does is not in the plan: write its SQL into a step.',
    ]);
    const worked = read('x.ts', text.replace('ADD "handle" text`', `ADD "\${name}" text\``));
    assert.match(
      worked?.notes.join(' ') ?? '',
      /queryRunner\.query\(\)/,
      'what is put together is not guessed',
    );
    assert.equal(read('x.ts', 'export const x = 1'), undefined);
  });

  it('what runs before a migration comes by number, of its own tool alone', () => {
    const folder = ['V10__c.sql', 'V9__b.sql', 'V1__a.sql', 'V11__d.sql', 'U9__b.sql', 'README.sql'].map(
      (path) => ({
        path,
        text: `-- ${path}`,
      }),
    );
    const before = migrationsBefore({ path: 'V10__c.sql', text: '' }, folder);
    assert.deepEqual(
      before.map(({ path }) => path),
      ['V1__a.sql', 'V9__b.sql'],
    );
  });
});
