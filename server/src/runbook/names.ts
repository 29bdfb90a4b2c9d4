import { printable } from '../text/terminal.ts';

/** Text of a plan on one line: blanks as one space, control characters as their pictures. */
export function oneLine(text: string): string {
  return printable(text.replaceAll(/\s+/g, ' ').trim());
}

/** A name that Kubernetes takes (RFC 1123): lower case, digits and hyphens, at most `longest` characters. */
export function kubernetesName(text: string, longest = 63): string {
  const plain = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  const short = plain.length <= longest ? plain : `${plain.slice(0, longest - 9)}-${fingerprint(text)}`;
  return short.replaceAll(/--+/g, '-') || 'switchback';
}

/** A name of a Postgres object that needs no quotes, fits into its 63 bytes, and is another for other `contents`. */
export function postgresName(prefix: string, text: string, contents: string): string {
  const plain = text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_');
  return `${prefix}_${plain}`
    .slice(0, 54)
    .replace(/_$/, '')
    .concat('_', fingerprint(`${text}\n${contents}`));
}

/** Eight hexadecimal digits by FNV-1a: tells names apart that begin alike. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, '0');
}
