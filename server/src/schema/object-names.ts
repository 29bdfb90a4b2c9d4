/**
 * The names that Postgres makes for what a statement leaves unnamed, to the byte: `makeObjectName`,
 * `ChooseRelationName`, `ChooseConstraintName` and `ChooseIndexColumnNames` of its source.
 */

/** NAMEDATALEN - 1, in bytes of UTF-8. */
const longest = 63;

const encoder = new TextEncoder();
/** Most names are plain ASCII, a byte for each letter. */
const bytesOf = (text: string) => (isAscii.test(text) ? text.length : encoder.encode(text).length);
const isAscii = /^[\x20-\x7e]*$/;

/** The longest prefix of whole characters that fits in `bytes`. */
export function clip(text: string, bytes: number): string {
  let used = 0;
  let result = '';
  for (const character of text) {
    used += bytesOf(character);
    if (used > bytes) break;
    result += character;
  }
  return result;
}

/** `first_second_label`, the longer of the two names shortened until it fits. */
export function makeObjectName(first: string, second: string | undefined, label: string): string {
  const overhead = (second === undefined ? 0 : 1) + 1 + bytesOf(label);
  let firstBytes = bytesOf(first);
  let secondBytes = second === undefined ? 0 : bytesOf(second);
  while (firstBytes + secondBytes > longest - overhead) {
    if (firstBytes > secondBytes) firstBytes--;
    else secondBytes--;
  }
  const middle = second === undefined ? '' : `_${clip(second, secondBytes)}`;
  return `${clip(first, firstBytes)}${middle}_${label}`;
}

/** The first of `first_second_label`, `…label1`, `…label2` that is free. */
export function chooseName(
  first: string,
  second: string | undefined,
  label: string,
  taken: (name: string) => boolean,
): string {
  for (let pass = 0; ; pass++) {
    const name = makeObjectName(first, second, pass === 0 ? label : `${label}${pass}`);
    if (!taken(name)) return name;
  }
}

/** The columns' part of an index or foreign key name. */
export function joinColumnNames(columns: readonly string[]): string {
  let joined = '';
  for (const column of columns) {
    joined += joined === '' ? column : `_${column}`;
    if (bytesOf(joined) >= longest + 1) break;
  }
  return joined;
}

/** An index's own column names: a repeated one gets a number. */
export function indexColumnNames(names: readonly string[]): readonly string[] {
  const chosen: string[] = [];
  for (const name of names) {
    let candidate = name;
    for (let number = 1; chosen.includes(candidate); number++) {
      candidate = `${clip(name, longest - String(number).length)}${number}`;
    }
    chosen.push(candidate);
  }
  return chosen;
}
