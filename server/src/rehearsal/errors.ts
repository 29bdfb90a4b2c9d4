import type { DatabaseError } from './model.ts';

/** An `Error` with the fields of a `DatabaseError`, so that it can be thrown and still be read as data. */
export function asDatabaseError(
  fields: Partial<DatabaseError> & { readonly message: string },
): Error & DatabaseError {
  const { code, detail, hint, position } = fields;
  return Object.assign(new Error(fields.message), {
    code,
    detail,
    hint,
    position,
  });
}

/** Whether a rejection tells of a statement's failure, and not of a fault in Switchback. */
export function isDatabaseError(error: unknown): error is DatabaseError {
  return error instanceof Error && 'code' in error && 'position' in error;
}
