import type { AlertDraft } from './model.ts';

/*
 * What a plan says of a step after which a column has another type under its name: Postgres then refuses to execute what
 * a session prepared before (RevalidateCachedQuery of plancache.c), and parameters keep the types that they had.
 */

const message = 'cached plan must not change result type';

/** For the step's `why`. */
export const staleStatements =
  'Statements prepared before would take or return the old type, and fail until their sessions are new: restart the pools.';

export const staleStatementsCheck = `Somebody restarts the application's pools right after each step that changes the type of a column: statements that a session prepared before fail there, with 0A000, "${message}", or 42804 where they write it`;

/** In place of the standard one on the same metric. */
export const staleStatementsAlert: AlertDraft = {
  metric: 'http_5xx_ratio',
  warning: '> 0.1%',
  critical: '> 1%',
  action: `Errors 0A000 "${message}", or 42804: restart the pools. Others: halt the migration and roll back the last deploy`,
};
