/**
 * Which rules judge which concept of the field: numbers as the cases carry them. A concept that is not here is
 * not taken, and its cases are not counted.
 */
export const rulesOfConcept: Readonly<Record<number, readonly string[]>> = {
  1: ['index-without-concurrently'],
  2: ['drop-index-without-concurrently'],
  3: ['reindex-without-concurrently'],
  4: ['concurrently-in-transaction'],
  5: ['add-column-rewrites'],
  7: ['add-column-rewrites'],
  8: ['add-column-rewrites'],
  9: ['add-column-rewrites'],
  6: ['required-column-without-default'],
  10: ['set-not-null-scans'],
  12: ['type-change-rewrites'],
  15: ['constraint-without-not-valid'],
  16: ['constraint-without-not-valid'],
  17: ['validated-in-one-transaction'],
  19: ['constraint-builds-index'],
  21: ['constraint-builds-index'],
  23: ['exclusion-constraint'],
  24: ['table-rewritten'],
  25: ['table-rewritten'],
  29: ['table-rewritten'],
  30: ['table-rewritten'],
  31: ['table-rewritten'],
  35: ['index-without-concurrently'],
  46: ['lock-timeout-missing'],
  88: ['change-unbatched'],
  89: ['change-unbatched'],
};
