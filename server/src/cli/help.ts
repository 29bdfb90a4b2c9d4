/** What `switchback --help` prints. */
export const mainHelp = `Switchback checks zero-downtime Postgres migrations and rehearses them.

Usage: switchback COMMAND [options]

Commands:
  check FILE…      Report what a plan or .sql file would do to production, and what to do instead
  explain FILE     Show for each statement which locks it takes and what it rewrites or scans
  preview PLAN     Tell how long each step takes in production, what it locks and how many requests wait
  dry-run PLAN     Run a plan on an embedded Postgres with fabricated rows and report what happened
  new TYPE         Write a whole plan from a few answers: rename a column, change its type, …
  convert FILE     Write a migration of Flyway, dbmate, golang-migrate, Prisma, TypeORM, … as a plan
  capture PLAN     Write a server's schema as a plan's baseline, and its tables' sizes into the plan
  checklist PLAN   Ask a server what a plan's checklist asks, read-only
  runbook PLAN     Write a plan as a runbook: commands to paste, each step with its way back
  job PLAN         Write a backfill of a plan as a Kubernetes Job
  monitoring PLAN  Write a plan's alerts as a PrometheusRule, or its queries for psql
  rules [RULE]     List the rules, or print the page of one

Options:
  -h, --help       This text; after a command, that command's options
  -v, --version    The version

Exit codes: 0 clean or passed, 1 findings at error level or a failed dry run, 2 bad input, 130 interrupted.
`;

/** What `switchback COMMAND --help` prints, by command. */
export const commandHelp = {
  check: `Usage: switchback check FILE… [options]

Checks plans (NAME.migration.yaml) and plain .sql files. A file that cannot be read does not end the run: the
others are still checked. \`-\` reads standard input. Settings come from the nearest .switchback.yaml upward.

Options:
  --format FORMAT         text (default), json, sarif (code scanning) or gitlab (Code Quality)
  --pg-version N          Judge by this major version of Postgres instead of the plan's
  --fix                   Write all safe fixes into the files; what is reported is what then remains
  --stdin-filename NAME   What to call standard input; a name that ends in .sql makes it SQL

Exit codes: 0 no error found, 1 findings at error level, 2 a file that nothing can be made of.
`,
  explain: `Usage: switchback explain FILE [options]

Shows for each statement of a plan or .sql file what Postgres will do: its class, the locks it takes, the
relations it rewrites or reads in full, and what cannot be known. \`-\` reads standard input.

Options:
  --schema FILE           DDL of the database before the first statement, instead of the plan's database.schema
  --format FORMAT         text (default) or json
  --pg-version N          What this major version of Postgres does, instead of the plan's
  --rollbacks             The statements of the rollbacks too
  --stdin-filename NAME   What to call standard input; a name that ends in .sql makes it SQL

Exit codes: 0 all explained, 1 parts of the file could not be read, 2 a file that nothing can be made of.
`,
  preview: `Usage: switchback preview PLAN [options]

Tells from a plan's figures (rows and sizes of tables, traffic) how long each step takes in production, which locks
it holds for how long, how many requests wait for them, and how much WAL it writes. Runs nothing, unless a server is
named: then the plan runs there as in a dry run without proofs, and production is told from what that took.

Options:
  --format FORMAT         text (default), json, or html: one page with the timeline, to read, print or attach
  --output FILE           Write it there instead of to standard output
  --write                 Write the predicted times into the plan, as the estimate of each step
  --pool N                Connections of the application's pools together: says when they are used up
  --pg-version N          What this major version of Postgres does, instead of the plan's

From what was measured:
  --database URL          Measures on that development server, in a scratch database; also --server, --from, --confirm
                          and --override, as for \`switchback dry-run\`
  --report FILE           Takes what an earlier dry run on a server measured: its --format json
  --calibrate HOW         How production compares with that server: a file with what EXPLAIN (ANALYZE) of a count of
                          one of the tables printed there, STEP=TIME for what a step of the plan took there, or same
                          for the same hardware; else what dry_run.calibrate in .switchback.yaml says, or the
                          plan's own \`took\` of a step, or it is not known

Exit codes: 0 told, 1 parts of the plan could not be read or run, 2 a file that nothing can be made of.
`,
  'dry-run': `Usage: switchback dry-run PLAN [options]

Runs every step of a plan on an embedded Postgres that is made for the run and thrown away after it, on tables
filled with fabricated rows. Nothing outside is touched. Ctrl-C stops it at once.

Options:
  --format FORMAT         text (default), json, or html: one page, to read, print or attach to a review
  --output FILE           Write the report there instead of to standard output
  --rows N                Fabricated rows per table (default 1000)
  --step-timeout TIME     The longest a step may take, e.g. 90s or 2min (default 60s)
  --step ID               Prove this step alone: those before it are applied without proof
  --no-proofs             Apply the steps only: neither roll them back nor try what the application runs

On a development server instead, in a scratch database that is dropped after the run:
  --database URL          The server and database: postgres://user@host/name, or host=… dbname=… as psql takes it;
                          what it leaves out comes from PG variables, a service file and .pgpass
  --server                The server and database that PGHOST, PGDATABASE or PGSERVICE name
  --from HOW              copy: a copy of the database, rows and all, while nobody is connected to it
                          dump: its schema by pg_dump; baseline: the plan's database.schema; both with --rows
                          clone: what the commands under dry_run.clone in .switchback.yaml make
                          Without it, the first of copy, dump and baseline that works
  --confirm HOST/NAME     Confirms server and database where nobody sits at a terminal, e.g. localhost/app
                          (local/app over a socket, clone for a clone)
  --amplify ROWS          Fills up tables that the plan works on to so many rows, and no more than production has,
                          or off; without it, to 100000 with --no-proofs or --load, and not with proofs, which
                          that slows
  --load [RATE]           Under load: while the steps run, so many requests a second (the plan's traffic) of what
                          its live versions run, and what they felt; then no rollback is proven
  --max-wait TIME         With --load: no request may take longer, e.g. 250ms, or the run fails
  --pool N                With --load: connections that the requests share (default 20)
  --override SIGNS        Goes on although the server looks like production (name, replicas, sessions, disk),
                          or the plan has code that cannot be read before it runs (code)

Exit codes: 0 passed, 1 failed, 2 the plan cannot be run, 130 interrupted.
`,
  capture: `Usage: switchback capture PLAN --database URL

Writes the schema of a database, by pg_dump, into the file that the plan names under database.schema (schema.sql
where it names none), and rows and sizes of the tables that the plan touches into its \`tables\`. The server is
read and not changed; its own estimates are taken, which ANALYZE refreshes.

Options:
  --database URL          The server and database, as for \`switchback dry-run\`
  --server                The server and database that PGHOST, PGDATABASE or PGSERVICE name

Exit codes: 0 captured, 2 not captured.
`,
  checklist: `Usage: switchback checklist PLAN --database URL [options]

Asks the server that you name and confirm the queries of a plan's checklist, each in a read-only transaction
that is undone, for at most 10 s, and compares what they give with what the plan expects. Nothing is changed, so it
may be production. Statements that are no query, or reach outside of the database, are not sent.

Options:
  --database URL          The server and database, as for \`switchback dry-run\`
  --server                The server and database that PGHOST, PGDATABASE or PGSERVICE name
  --confirm HOST/NAME     Confirms server and database where nobody sits at a terminal, e.g. localhost/app
  --format FORMAT         text (default) or json

Exit codes: 0 all that can be asked is met, 1 something is not, 2 nothing was asked.
`,
  runbook: `Usage: switchback runbook PLAN [options]

Writes a plan as a runbook in the order of use: figures, timing, checklist, steps with commands to paste into psql,
each with its way back, the whole way back, what to watch, and the clean-up.

Options:
  --format FORMAT         markdown (default) or html (one file)
  --report FILE           A dry run's report (switchback dry-run --format json): what it measured and proved
  --output FILE           Write here instead of to standard output

Exit codes: 0 written, 2 not: the plan's file has faults, or the report is of another plan.
`,
  job: `Usage: switchback job PLAN [options]

Writes a backfill as a Kubernetes manifest: a Job that runs psql, and a ConfigMap with its SQL. It walks the table
by its key in the plan's batches with the plan's pause, waits while a replica is behind, and goes on where it stood
when it is stopped and started again. Credentials come from a Secret that you make; the file's head says how.

Options:
  --step ID               The backfill, where the plan has several
  --secret NAME           The Secret with PGHOST, PGUSER, PGPASSWORD, PGDATABASE (default migration-postgres)
  --namespace NAME        Where the Job runs; where you apply it, without
  --image IMAGE           What holds psql (default postgres:VERSION-alpine, of the plan's version)
  --max-lag SIZE          How far a replica may be behind before the batches wait (default 64MB)
  --output FILE           Write here instead of to standard output

Exit codes: 0 written, 2 not written.
`,
  monitoring: `Usage: switchback monitoring PLAN [options]

Writes what a plan has under \`monitoring\`: its alerts as a PrometheusRule for the Prometheus Operator, a rule
for each threshold, or its queries as a file for psql. Metrics are those of postgres_exporter and the usual HTTP
ones; for others the plan gives \`promql\`. What cannot be exported is said, and stands there as a comment.

Options:
  --format FORMAT           prometheus (default) or sql
  --output FILE             Write here instead of to standard output
  --labels LIST             Labels of the PrometheusRule, by which your operator selects it: release=monitoring
  --database-matchers LIST  PromQL label matchers of the Postgres server's series, e.g. 'cluster="main"'
  --app-matchers LIST       The same for the application's series, e.g. 'job="api"'
  --host-matchers LIST      The same for those of the server's machine

Exit codes: 0 all exported, 1 something could not be exported, 2 nothing was.
`,
  new: `Usage: switchback new TYPE --schema FILE [options]
       switchback new

Writes a whole plan for a migration: the application's versions, steps with their rollbacks, checklist, monitoring and
clean-up, for the schema as it is; and prints the name of its file. Without a type it lists the types, with what each
asks; \`switchback new TYPE --help\` tells what a type does.

  switchback new rename_column --table users --column username --to handle --rows 8M --traffic 2000/s

Options of all types:
  --schema FILE           The DDL of the database as it is (default schema.sql)
  --database URL          Takes it from a server, by pg_dump, into that file, with rows and sizes of its tables
  --server                The same of the server that PGHOST, PGDATABASE or PGSERVICE name
  --prisma FILE           Takes it from a Prisma schema, into that file, by \`prisma migrate diff\` of the project's own
                          node_modules
  --rows N                Rows of the table in production, such as 8M; of others too: users=8M,orders=20M
  --size SIZE             Its size on disk without indexes, such as 2.4GB; of others as with --rows
  --traffic RATE          Requests a second at peak, such as 2000/s
  --app-orm ORM           prisma (default), typeorm or none: what code is written for
  --pg-version N          Production's major version (default what pg_dump or the server says, else 16)
  --output FILE           The plan's file (default made of its title); - prints the plan
  --force                 Replaces a file that is there already

Exit codes: 0 written, 2 no plan can be written: the reason, and what to do, is on standard error, 130 interrupted.
`,
  convert: `Usage: switchback convert FILE [options]

Writes a migration of another tool as a plan, and prints the name of its file: its statements as steps, what blocks or
rewrites in its safe steps, its way back as the rollbacks that it proves to be; where it has none, those that are worked
out. What its author has to see to is a finding of \`switchback check\`.

Reads Flyway (V…__….sql with U…__….sql), dbmate, goose and sql-migrate (both ways in one file), golang-migrate
(….up.sql with ….down.sql), Prisma (migration.sql), Drizzle, the strings of a TypeORM class, and any other .sql file.

Options:
  --schema FILE           The DDL of the database before the migration; without it, what the migrations before it in its
                          folder make, written beside the plan as NAME.schema.sql
  --pg-version N          Production's major version (default what pg_dump says, else 16)
  --output FILE           The plan's file (default made of the migration's name); - prints the plan
  --force                 Replaces files that are there already

Exit codes: 0 written, 2 no plan can be written: the reason, and what to do, is on standard error.
`,
  rules: `Usage: switchback rules [RULE] [options]

Lists the rules with their severity; with a rule's id, prints its page.

Options:
  --format FORMAT         text (default) or json
`,
} as const;

export type CommandName = keyof typeof commandHelp;
