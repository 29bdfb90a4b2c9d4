import { isAbsolute, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The path from `cwd` with forward slashes; absolute where the file lies outside it. */
export function reportPath(path: string, cwd: string): string {
  const absolute = resolve(cwd, path);
  const inside = relative(cwd, absolute);
  const outside = inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside);
  return (outside ? absolute : inside).split(sep).join('/');
}

/** The same as a URI reference: relative to `cwd`, or a `file:` URI. */
export function reportUri(path: string, cwd: string): string {
  const shown = reportPath(path, cwd);
  // A relative reference may not begin with what reads as a scheme.
  if (!isAbsolute(shown) && !shown.startsWith('/')) return shown.split('/').map(encodeURIComponent).join('/');
  return pathToFileURL(resolve(cwd, path)).href;
}
