import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rules } from '../rules/registry.ts';
import type { Io } from './io.ts';

/** The page that describes every problem of the file itself: `plan-yaml`, `sql-syntax`, … */
const filePage = 'plan-file';

/** Where the installed package keeps the page of a rule, or of a problem with the file itself. */
export function docsUri(rule: string, packageRoot: string): string {
  return isRule(rule) ? pageUri(packageRoot, rule) : `${pageUri(packageRoot, filePage)}#${rule}`;
}

function pageUri(packageRoot: string, page: string): string {
  return pathToFileURL(pagePath(packageRoot, page)).href;
}

function pagePath(packageRoot: string, page: string): string {
  return join(packageRoot, 'server', 'docs', 'rules', `${page}.md`);
}

/** The page's Markdown; undefined where the package lacks it. */
export function readPage(rule: string, io: Io): string | undefined {
  const read = io.files.read(pagePath(io.packageRoot, isRule(rule) ? rule : filePage));
  return 'bytes' in read ? new TextDecoder().decode(read.bytes) : undefined;
}

/** Whether it is a rule, not the code of a problem with the file itself. */
export function isRule(id: string): boolean {
  return rules.some((rule) => rule.id === id);
}
