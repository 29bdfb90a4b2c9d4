import type { Statement } from '../sql/model.ts';
import { isDatabaseError } from './errors.ts';
import type { Connection } from './model.ts';

/**
 * Makes the roles that statements name and no statement makes: roles belong to a server, so no schema dump holds
 * them. Returns their names, sorted.
 */
export async function createMissingRoles(
  db: Connection,
  statements: readonly Statement[],
): Promise<string[]> {
  const named = new Set<string>();
  for (const { node } of statements) collectRoles(node, named);
  for (const { node } of statements)
    if ('CreateRoleStmt' in node && node.CreateRoleStmt.role) named.delete(node.CreateRoleStmt.role);
  const made: string[] = [];
  for (const name of [...named].sort()) {
    try {
      await db.query(`CREATE ROLE ${quoteIdentifier(name)}`);
      made.push(name);
    } catch (error) {
      // It is there already, or its name is reserved: the statement that names it will tell.
      if (!isDatabaseError(error) || error.code === undefined) throw error;
    }
  }
  return made;
}

function collectRoles(value: unknown, into: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  const fields = value as Record<string, unknown>;
  if (fields.roletype === 'ROLESPEC_CSTRING' && typeof fields.rolename === 'string')
    into.add(fields.rolename);
  for (const child of Object.values(fields)) collectRoles(child, into);
}

/** A name as it can stand in any statement. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Text as a string constant. */
export function quoteLiteral(text: string): string {
  return text.includes('\\')
    ? `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
    : `'${text.replaceAll("'", "''")}'`;
}
