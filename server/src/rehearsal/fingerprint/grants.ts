import { identifier } from './names.ts';

/** As `ACL_ALL_RIGHTS_STR` of utils/acl.h. */
const privileges: Readonly<Record<string, string>> = {
  a: 'INSERT',
  r: 'SELECT',
  w: 'UPDATE',
  d: 'DELETE',
  D: 'TRUNCATE',
  x: 'REFERENCES',
  t: 'TRIGGER',
  m: 'MAINTAIN',
  X: 'EXECUTE',
  U: 'USAGE',
  C: 'CREATE',
  T: 'TEMPORARY',
  c: 'CONNECT',
  s: 'SET',
  A: 'ALTER SYSTEM',
};

/**
 * One line a privilege, from access control items as Postgres prints them, `grantee=r*w/grantor`. The owner is
 * called that, so that a new owner is no change of privileges.
 */
export function readGrants(acl: unknown, owner: unknown): string[] {
  if (!Array.isArray(acl)) return [];
  return acl.flatMap((item) => {
    const [grantee, rest] = readRole(String(item));
    const [letters = ''] = rest.slice(1).split('/');
    const [grantor] = readRole(rest.slice(letters.length + 2));
    const to = grantee === '' ? 'PUBLIC' : grantee === owner ? 'the owner' : identifier(grantee);
    const by = grantor === owner ? '' : ` GRANTED BY ${identifier(grantor)}`;
    return [...letters.matchAll(/(\w)(\*?)/g)].map(
      ([, letter = '', option]) =>
        `${privileges[letter] ?? letter} TO ${to}${option === '*' ? ' WITH GRANT OPTION' : ''}${by}`,
    );
  });
}

/** A role's name at the start, quoted where it is not plain, and what follows it. */
function readRole(text: string): readonly [string, string] {
  const quoted = /^"((?:[^"]|"")*)"/.exec(text);
  if (quoted) return [(quoted[1] ?? '').replaceAll('""', '"'), text.slice(quoted[0].length)];
  const end = text.search(/[=/]/);
  return end < 0 ? [text, ''] : [text.slice(0, end), text.slice(end)];
}

/** Lines of the same grantee as one, as GRANT takes them: `SELECT, INSERT TO reader`. */
export function joinGrants(lines: readonly string[]): string[] {
  const byGrantee = new Map<string, string[]>();
  for (const line of lines) {
    const at = line.indexOf(' TO ');
    const rest = line.slice(at);
    byGrantee.set(rest, [...(byGrantee.get(rest) ?? []), line.slice(0, at)]);
  }
  return [...byGrantee].map(([rest, names]) => `${names.join(', ')}${rest}`);
}
