import { displayName } from '../schema/lookup.ts';
import type { Schema } from '../schema/model.ts';
import { parseName } from '../sql/names.ts';
import { documentRange } from '../text/offset-map.ts';
import type { Finding, RuleContext, VersionAnalysis } from './model.ts';
import type { Use } from './removed-names.ts';

/** A statement short enough for a message. */
export function snippet({ statement }: Pick<Use['statement'], 'statement'>): string {
  const text = statement.text.replace(/\s+/g, ' ');
  return text.length > 72 ? `${text.slice(0, 71)}…` : text;
}

/** `v1`, `v1 and v2`. */
export function versionNames(versions: readonly VersionAnalysis[]): string {
  const names = [...new Set(versions.map(({ version }) => version.name.value))];
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : (names[0] ?? '');
}

/** The application's statements that name it, where they stand in the plan. */
export function usePlaces(uses: readonly Use[]): Finding['related'] {
  return uses.slice(0, 5).map(({ version, statement, location }) => ({
    message: `${version.version.name.value} names it here`,
    range: placeIn(statement, location),
  }));
}

/** A parse-tree location of one of the application's statements, in the document. */
export function placeIn({ statement, sql, range }: Use['statement'], location: Use['location']) {
  return location === undefined ? range : documentRange(sql.map, statement.tokenAt(location));
}

/** What would let the plan itself tell whether anyone uses it, as a sentence after a blank; nothing for a file. */
export function untold({ kind, plan }: RuleContext): string {
  if (kind === 'sql') return '';
  if (!plan.app)
    return ' Say under app which version runs and what its statements are, and this is checked for you.';
  return ' The plan does not say what the version that runs here does: list its statements under app.versions, and name the first under app.runs.';
}

/** A relation by its key, as the search path lets it be written, whether or not the schema holds it. */
export function shownKey(schema: Schema, key: string): string {
  const name = parseName(key);
  return name?.schema === undefined ? key : displayName(schema, { schema: name.schema, name: name.name });
}
