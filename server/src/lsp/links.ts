import { dirname, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DocumentLink } from 'vscode-languageserver';
import { type Link, links } from '../features/links.ts';
import type { Checked } from './analyses.ts';
import { toLspRange } from './convert.ts';
import type { DocsOf } from './diagnostics.ts';
import { type Files, pathOf } from './files.ts';

export interface LinkContext {
  readonly files: Pick<Files, 'exists'>;
  /** Paths of the client's folders: where an application's code may be. */
  readonly folders: readonly string[];
  readonly docsOf: DocsOf;
}

/** The answer to `textDocument/documentLink`: files that are there, and the pages of rules. */
export function documentLinks({ uri, analysis, lines }: Checked, context: LinkContext): DocumentLink[] {
  const plan = pathOf(uri);
  return links(analysis).flatMap(({ range, to }) => {
    const target = to.kind === 'rule' ? context.docsOf(to.rule) : plan && fileTarget(to, plan, context);
    return target === undefined ? [] : [{ range: toLspRange(range, lines), target }];
  });
}

/** Beside the plan; an application's file also from the workspace's folders, or any folder above the plan in them. */
function fileTarget(
  { path, from }: Extract<Link['to'], { kind: 'file' }>,
  plan: string,
  { files, folders }: LinkContext,
): string | undefined {
  const places = [
    dirname(plan),
    ...(from === 'application' ? [...foldersAbove(plan, folders), ...folders] : []),
  ];
  const found = places.map((place) => resolve(place, path)).find((file) => files.exists(file));
  return found && pathToFileURL(found).href;
}

function foldersAbove(plan: string, roots: readonly string[]): readonly string[] {
  const root = roots.find((one) => plan.startsWith(one + sep));
  const above: string[] = [];
  if (root === undefined) return above;
  for (let folder = dirname(plan); folder.length > root.length; folder = dirname(folder))
    above.push(dirname(folder));
  return above;
}
