import type { Scene } from './model.ts';

/** What only Postgres 18 can hold: NOT NULL constraints of their own, computed columns, constraints not enforced. */
export const eighteen: Scene = {
  name: 'eighteen',
  since: 18,
  setup: `
CREATE TABLE parent (id int PRIMARY KEY);
INSERT INTO parent SELECT generate_series(1, 50);
CREATE TABLE nn (id int, j int, CONSTRAINT two_things CHECK (id IS NOT NULL AND j > 0));
ALTER TABLE nn ADD CONSTRAINT j_nn NOT NULL j NOT VALID;
INSERT INTO nn SELECT g, g FROM generate_series(1, 50) g;
CREATE TABLE gen (a int, b text, h int GENERATED ALWAYS AS (a + 1) VIRTUAL);
INSERT INTO gen SELECT g, 'x' FROM generate_series(1, 20) g;
CREATE TABLE ne (id int PRIMARY KEY, parent_id int CONSTRAINT ne_fk REFERENCES parent NOT ENFORCED, v int CONSTRAINT ne_v CHECK (v > 0) NOT ENFORCED);
INSERT INTO ne SELECT g, g, g FROM generate_series(1, 50) g;
CREATE TABLE par (id int, CONSTRAINT par_id NOT NULL id);
CREATE TABLE heir () INHERITS (par);
INSERT INTO heir SELECT generate_series(1, 50);
CREATE TABLE p (id int, k int) PARTITION BY RANGE (k);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100);
INSERT INTO p SELECT g, g FROM generate_series(1, 50) g;
ALTER TABLE p ADD CONSTRAINT p_id NOT NULL id NOT VALID;
`,
  forms: {
    'NOT NULL constraints': `
alter table nn alter column j set not null
alter table nn validate constraint j_nn
alter table nn alter column j drop not null
alter table nn drop constraint j_nn
alter table nn rename constraint j_nn to other
alter table nn add constraint id_nn not null id
alter table nn add constraint id_nn not null id not valid
alter table nn add primary key (id)
alter table par alter constraint par_id no inherit
alter table par drop constraint par_id
alter table p validate constraint p_id
alter table p alter column id set not null
`,
    'NOT ENFORCED': `
alter table ne alter constraint ne_fk enforced
alter table ne alter constraint ne_fk not enforced
alter table ne drop constraint ne_fk
alter table ne add constraint x foreign key (parent_id) references parent not enforced
alter table ne add constraint x check (v > 0) not enforced
alter table ne drop constraint ne_v
alter table ne add column y int references parent not enforced
`,
    'computed columns': `
alter table gen alter column h type bigint
alter table gen alter column h set expression as (a * 3)
alter table gen drop column h
alter table gen drop column a cascade
alter table gen add column y int generated always as (a * 2)
alter table gen alter column b set not null
`,
  },
};
