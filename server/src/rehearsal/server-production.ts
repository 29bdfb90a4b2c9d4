import type { ServerTarget } from './server-connection.ts';
import { placeOf } from './server-errors.ts';
import type { ServerFacts } from './server-facts.ts';

export const productionSigns = ['name', 'replicas', 'sessions', 'disk'] as const;
/** What makes a server look like one that a dry run has no business on. */
export type ProductionSign = (typeof productionSigns)[number];

/** What a user may let pass: the signs, and code that cannot be read before it runs. */
export const overrides = [...productionSigns, 'code'] as const;
export type Override = (typeof overrides)[number];

export interface Sign {
  readonly sign: ProductionSign;
  /** Why, in a sentence. */
  readonly message: string;
}

/** More sessions than that are an application's, and not a developer's. */
const manySessions = 20;

/** Words by which servers and databases of production go, between the parts of a name. */
const productionWord = /(?:^|[^a-z])(prod|production|prd|live)(?![a-z])/i;

/** What of the server looks like production. `listed` are the user's patterns for hosts, databases or `host/database`. */
export function signsOf(target: ServerTarget, facts: ServerFacts, listed: readonly string[]): Sign[] {
  const signs: Sign[] = [];
  const { host, database } = target;
  const word = productionWord.exec(database) ?? (host.startsWith('/') ? null : productionWord.exec(host));
  const pattern = listed.find((each) => matches(each, [host, database, `${host}/${database}`]));
  const name = `${host}/${database}`;
  if (pattern !== undefined)
    signs.push({ sign: 'name', message: `${name} is on the production list, by "${pattern}".` });
  else if (word) signs.push({ sign: 'name', message: `${name} is named like production ("${word[1]}").` });
  if (facts.replicas > 0)
    signs.push({
      sign: 'replicas',
      message: `${facts.replicas === 1 ? 'A replica streams' : `${facts.replicas} replicas stream`} from ${placeOf(target)}, and would receive every byte of the dry run.`,
    });
  if (facts.sessions > manySessions)
    signs.push({
      sign: 'sessions',
      message: `${facts.sessions} other sessions use ${placeOf(target)}: a dry run would slow them down.`,
    });
  return signs;
}

/** Whether there is room for a copy of the database, and for what the plan adds to it. */
export function diskSign({ size, free }: ServerFacts): Sign | undefined {
  if (size === undefined || free === undefined || free > size * 2) return undefined;
  return {
    sign: 'disk',
    message: `A copy of the database (${gigabytes(size)}), which a rewrite may double, does not fit on the server's disk with certainty: ${gigabytes(free)} are free.`,
  };
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GB`;
}

/** `*` stands for anything. */
function matches(pattern: string, names: readonly string[]): boolean {
  const source = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  const expression = new RegExp(`^${source}$`, 'i');
  return names.some((name) => expression.test(name));
}

/** The signs as a refusal that says how to override them. */
export function refusalFor(signs: readonly Sign[]): string {
  const names = signs.map(({ sign }) => sign).join(',');
  return `${signs.map(({ message }) => message).join(' ')} So nothing was run. Use a development server; or, if you are certain, override it: --override ${names}.`;
}
