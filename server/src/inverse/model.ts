/** What undoes a statement. */
export interface Inverse {
  /**
   * restores: schema and data are as before. loses_data: the schema is, the data is not. impossible: nothing
   * brings it back. unknown: not worked out, or a fact is missing.
   */
  readonly verdict: 'restores' | 'loses_data' | 'impossible' | 'unknown';
  /** Statements in order, each without its semicolon; none where nothing is to be done or nothing can be. */
  readonly sql: readonly string[];
  /** False where the statements must run outside of a transaction block. */
  readonly transactional: boolean;
  /** Why, in a sentence for the plan's author. */
  readonly reason: string;
}

export function restores(sql: readonly string[], reason: string): Inverse {
  return { verdict: 'restores', sql, transactional: true, reason };
}

export function losesData(sql: readonly string[], reason: string): Inverse {
  return { verdict: 'loses_data', sql, transactional: true, reason };
}

export function impossible(reason: string): Inverse {
  return { verdict: 'impossible', sql: [], transactional: true, reason };
}

export function unknown(reason: string): Inverse {
  return { verdict: 'unknown', sql: [], transactional: true, reason };
}
