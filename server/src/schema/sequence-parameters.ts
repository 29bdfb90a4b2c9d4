import type { Node } from '@pgsql/types';
import { typeNameText } from '../sql/type-names.ts';
import type { SequenceParameters } from './model.ts';
import { elements, settingText } from './other-objects.ts';

/** The parameters of a sequence as options change them; NO MINVALUE and NO MAXVALUE are the default. */
export function parametersIn(
  before: SequenceParameters,
  options: readonly Node[] | undefined,
): SequenceParameters {
  const after: Record<string, string | boolean | undefined> = { ...before };
  for (const { defname = '', arg } of elements(options)) {
    const name = parameterNames[defname];
    if (name === undefined) continue;
    if (name === 'type') after.type = arg && 'TypeName' in arg ? typeNameText(arg.TypeName) : undefined;
    else if (name === 'cycle') after.cycle = settingText(arg) === 'true';
    else after[name] = arg ? settingText(arg) : undefined;
  }
  const said = Object.entries(after).filter(
    ([name, value]) => value !== undefined && value !== defaults[name],
  );
  return Object.fromEntries(said);
}

/** What is not kept, since it says nothing. */
const defaults: Readonly<Record<string, string | boolean>> = {
  increment: '1',
  cache: '1',
  cycle: false,
  type: 'bigint',
};

const parameterNames: Readonly<Record<string, keyof SequenceParameters>> = {
  as: 'type',
  increment: 'increment',
  minvalue: 'minimum',
  maxvalue: 'maximum',
  start: 'start',
  cache: 'cache',
  cycle: 'cycle',
};
