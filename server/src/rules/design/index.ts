import type { Rule } from '../define-rule.ts';
import { autovacuumDisabled } from './autovacuum-disabled.ts';
import { checkNotImmutable } from './check-not-immutable.ts';
import { columnChar } from './column-char.ts';
import { columnInteger } from './column-integer.ts';
import { columnJson } from './column-json.ts';
import { columnMoney } from './column-money.ts';
import { columnSerial } from './column-serial.ts';
import { columnSmallint } from './column-smallint.ts';
import { columnTimestamp } from './column-timestamp.ts';
import { columnTimestampPrecision } from './column-timestamp-precision.ts';
import { columnVarcharLimit } from './column-varchar-limit.ts';
import { definerWithoutSearchPath } from './definer-without-search-path.ts';
import { foreignKeyTypeMismatch } from './foreign-key-type-mismatch.ts';
import { foreignKeyWithoutIndex } from './foreign-key-without-index.ts';
import { indexDuplicated } from './index-duplicated.ts';
import { indexHash } from './index-hash.ts';
import { indexManyColumns } from './index-many-columns.ts';
import { nameGenerated } from './name-generated.ts';
import { nameTruncated } from './name-truncated.ts';
import { nameUnqualified } from './name-unqualified.ts';
import { primaryKeyRunsOut } from './primary-key-runs-out.ts';
import { rowSecurityWithoutPolicy } from './row-security-without-policy.ts';
import { statementNotRepeatable } from './statement-not-repeatable.ts';
import { tableUnlogged } from './table-unlogged.ts';
import { tableWithoutPrimaryKey } from './table-without-primary-key.ts';

/** Faults of design that show later, then opinions on types, indexes and names: those are off. */
export const designRules: readonly Rule[] = [
  indexDuplicated,
  foreignKeyTypeMismatch,
  checkNotImmutable,
  rowSecurityWithoutPolicy,
  definerWithoutSearchPath,
  autovacuumDisabled,
  nameTruncated,
  foreignKeyWithoutIndex,
  primaryKeyRunsOut,
  tableWithoutPrimaryKey,
  tableUnlogged,
  indexManyColumns,
  indexHash,
  nameGenerated,
  nameUnqualified,
  statementNotRepeatable,
  columnInteger,
  columnSmallint,
  columnSerial,
  columnVarcharLimit,
  columnChar,
  columnTimestamp,
  columnTimestampPrecision,
  columnJson,
  columnMoney,
];
