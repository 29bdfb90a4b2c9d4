import { rules as registry } from '../rules/registry.ts';
import { choice, readArguments } from './arguments.ts';
import { exitCodes, type Io, UsageError } from './io.ts';
import { didYouMean } from './nearest.ts';
import { docsUri, readPage } from './rule-docs.ts';
import { styleFor } from './style.ts';

/** `switchback rules [RULE]`: the list of rules, or the page of one. Returns the exit code. */
export async function rules(args: readonly string[], io: Io): Promise<number> {
  const given = readArguments('rules', args, { format: 'string' });
  const format = choice('rules', given, 'format', ['text', 'json']);
  const [id, ...more] = given.files;
  if (more.length > 0) throw new UsageError('rules takes one rule at most.', 'rules');
  const listed = id === undefined ? registry : registry.filter((rule) => rule.id === id);
  if (id !== undefined && listed.length === 0)
    throw new UsageError(
      `There is no rule ${id}.${didYouMean(
        id,
        registry.map((rule) => rule.id),
      )}`,
      'rules',
    );

  const described = listed.map((rule) => ({
    id: rule.id,
    severity: rule.severity,
    off: rule.off === true,
    title: rule.title,
    docs: docsUri(rule.id, io.packageRoot),
    fixable: rule.fixable,
  }));
  if (format === 'json') {
    const pages =
      id === undefined ? described : described.map((rule) => ({ ...rule, page: page(rule.id, io) }));
    io.stdout.write(`${JSON.stringify({ rules: pages }, null, 2)}\n`);
  } else if (id !== undefined) {
    io.stdout.write(page(id, io));
  } else {
    const style = styleFor(io.stdout, io.env);
    const width = Math.max(...described.map((rule) => rule.id.length));
    for (const { id: name, severity, off, title, fixable } of described) {
      const level = off ? style.faint('off'.padEnd(7)) : style[severity](severity.padEnd(7));
      const fix = fixable ? style.faint(' (has a fix)') : '';
      io.stdout.write(`${style.strong(name.padEnd(width))}  ${level}  ${title}${fix}\n`);
    }
  }
  return exitCodes.clean;
}

function page(id: string, io: Io): string {
  const text = readPage(id, io);
  if (text === undefined) throw new UsageError(`The page of ${id} is missing from the installed package.`);
  return text.endsWith('\n') ? text : `${text}\n`;
}
