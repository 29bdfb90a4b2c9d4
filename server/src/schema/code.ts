import type { DoStmt, Node } from '@pgsql/types';
import type { Statement, UnreadCode } from '../sql/model.ts';
import type { Apply, Draft } from './draft.ts';

/** Carries out a parse tree: handed in, since it carries out DO blocks too. */
type ApplyNode = (draft: Draft, node: Node, statement: Statement) => void;

/** Commands that change rows or settings, and no definition. */
const harmless =
  /^\s*(?:select|insert|update|delete|merge|truncate|analyze|vacuum|lock|set|reset|perform|with|values|copy|explain|notify|refresh|reindex|cluster|grant|revoke|comment)\b/i;

/**
 * What a DO block makes of the schema. What stands behind a condition is taken to run where it can: `IF NOT
 * EXISTS … THEN CREATE …` leaves the object there either way. Where it may do something that the text does not
 * tell, the schema is no longer known to be complete.
 */
export function applyCode(applyNode: ApplyNode): Apply<DoStmt> {
  return (draft, _fields, statement) => {
    const body = statement.body();
    if (!body || body.unread.some(mayDefine)) {
      forget(draft);
      if (!body) return;
    }
    for (const { statement: inner, certain } of body.statements) {
      applyNode(draft, inner.node, inner);
      if (!certain) draft.refused = false;
    }
  };
}

function mayDefine({ begins }: UnreadCode): boolean {
  return begins === undefined || !harmless.test(begins);
}

/** From here on there may be more than the schema holds. */
function forget(draft: Draft): void {
  draft.complete = false;
  for (const [key, relation] of [...draft.relations]) {
    if (relation.kind === 'table' && relation.columnsComplete)
      draft.relations.set(key, { ...relation, columnsComplete: false });
  }
}
