import { signAt, type Words, wordAt } from './sql-names.ts';
import type { SqlRole } from './sql-places.ts';

const starts = [
  ...[
    'ALTER TABLE',
    'CREATE INDEX CONCURRENTLY',
    'CREATE UNIQUE INDEX CONCURRENTLY',
    'CREATE TABLE',
    'CREATE VIEW',
  ],
  ...['DROP INDEX CONCURRENTLY', 'DROP TABLE', 'DROP VIEW', 'INSERT INTO', 'UPDATE', 'DELETE FROM', 'SELECT'],
  ...[
    'SET lock_timeout =',
    'SET statement_timeout =',
    'REINDEX INDEX CONCURRENTLY',
    'COMMENT ON',
    'VACUUM',
    'ANALYZE',
  ],
  ...[
    'CREATE FUNCTION',
    'CREATE TRIGGER',
    'CREATE TYPE',
    'ALTER TYPE',
    'GRANT',
    'REVOKE',
    'TRUNCATE',
    'WITH',
    'DO',
  ],
];

const inAlterTable = [
  ...['ADD COLUMN', 'DROP COLUMN', 'ALTER COLUMN', 'RENAME COLUMN', 'ADD CONSTRAINT', 'DROP CONSTRAINT'],
  ...['VALIDATE CONSTRAINT', 'RENAME TO', 'RENAME CONSTRAINT', 'ATTACH PARTITION', 'DETACH PARTITION'],
  ...['ENABLE TRIGGER', 'DISABLE TRIGGER', 'SET SCHEMA', 'OWNER TO'],
];

const inColumn = ['SET NOT NULL', 'DROP NOT NULL', 'SET DEFAULT', 'DROP DEFAULT', 'TYPE', 'SET STATISTICS'];
const inConstraint = [
  'CHECK (',
  'UNIQUE USING INDEX',
  'UNIQUE (',
  'FOREIGN KEY (',
  'PRIMARY KEY USING INDEX',
  'NOT NULL',
];
const inDefinition = [
  'NOT NULL',
  'DEFAULT',
  'REFERENCES',
  'NOT VALID',
  'USING',
  'GENERATED ALWAYS AS',
  'COLLATE',
];
const inExpression = [
  ...[
    'AND',
    'OR',
    'NOT',
    'IS NULL',
    'IS NOT NULL',
    'IS DISTINCT FROM',
    'IN',
    'EXISTS',
    'BETWEEN',
    'LIKE',
    'CASE',
  ],
  ...['WHEN', 'THEN', 'ELSE', 'END', 'NULL', 'TRUE', 'FALSE', 'coalesce(', 'count(*)', 'now()'],
];
const inQuery = [
  ...[
    'FROM',
    'WHERE',
    'JOIN',
    'LEFT JOIN',
    'ON',
    'GROUP BY',
    'ORDER BY',
    'LIMIT',
    'SET',
    'VALUES',
    'RETURNING',
  ],
  ...['DISTINCT', 'AS', 'USING', 'HAVING', 'ON CONFLICT'],
];

/** The few keywords that commonly follow a token of a statement. */
export function keywordsAfter(words: Words, before: number, role: SqlRole): readonly string[] {
  if (role !== 'statements') return inExpression;
  if (before < 0) return starts;
  const verb = wordAt(words, 0);
  if (verb === 'alter' && wordAt(words, 1) === 'table') return afterAlterTable(words, before);
  if (verb === 'create' && wordAt(words, 1) !== 'view')
    return [...inDefinition, ...inExpression, 'ON', 'WHERE', 'INCLUDE ('];
  if (['drop', 'truncate'].includes(verb)) return ['IF EXISTS', 'CASCADE', 'RESTRICT', 'CONCURRENTLY'];
  return [...inQuery, ...inExpression];
}

function afterAlterTable(words: Words, before: number): readonly string[] {
  const inside = words.tokens.slice(0, before + 1).filter((_, at) => signAt(words, at) === '(').length;
  const closed = words.tokens.slice(0, before + 1).filter((_, at) => signAt(words, at) === ')').length;
  if (inside > closed) return inExpression;
  if (before <= 4 && wordAt(words, before - 1) === 'table') return inAlterTable;
  if (signAt(words, before) === ',' || ['exists', 'only'].includes(wordAt(words, before - 1)))
    return inAlterTable;
  if (wordAt(words, before - 1) === 'column')
    return wordAt(words, before - 2) === 'alter' ? inColumn : inDefinition;
  if (wordAt(words, before - 1) === 'constraint') return inConstraint;
  return inDefinition;
}
