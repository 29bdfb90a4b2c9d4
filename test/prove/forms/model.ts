/** Statements for one database: each is run on it by itself, and what it did compared with what was foretold. */
export interface Scene {
  readonly name: string;
  /** Makes the database, on every version from `since`. */
  readonly setup: string;
  /** The oldest major that can make it; the oldest supported where absent. */
  readonly since?: number;
  /** Under a heading statements, one a line. `-- until 17` behind one: later versions refuse it. */
  readonly forms: Readonly<Record<string, string>>;
}

export interface Form {
  readonly sql: string;
  /** The last version that does it; every one from its first on where absent. */
  readonly until?: number;
  /** Every version refuses it, and what it is foretold to need is not the reason. */
  readonly refused?: boolean;
}

/** A scene's statements, in order. */
export function formsOf(scene: Scene): readonly Form[] {
  return Object.values(scene.forms).flatMap((lines) => lines.trim().split('\n').map(readForm));
}

function readForm(line: string): Form {
  const [, sql = line, remark] = / -- (?=until \d+$|refused$)/.test(line)
    ? (/^(.*) -- (.*)$/.exec(line) ?? [])
    : [line, line];
  if (remark === undefined) return { sql };
  return remark === 'refused'
    ? { sql, refused: true }
    : { sql, until: Number(remark.slice('until '.length)) };
}
