/** Whether two expressions differ in nothing but casts and the parentheses that these need. */
export function equalButForCasts(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && withoutCasts(a) === withoutCasts(b);
}

/** A type's name after `::`, as `format_type` prints it. */
const cast =
  /::(?:"[^"]+"|\w+)(?:\.(?:"[^"]+"|\w+))?(?: varying| precision| with(?:out)? time zone)?(?:\(\d+(?:,\d+)?\))?(?: with(?:out)? time zone)?(?:\[\])*/g;

function withoutCasts(expression: string): string {
  return expression.replace(cast, '').replace(/[()\s]/g, '');
}
