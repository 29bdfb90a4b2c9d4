/**
 * What a value of one type becomes in another: `wider` where every value stays what it is, `narrower` where it
 * is of the same kind but may not fit, `other` for another kind. Types as `format_type` prints them.
 */
export function changeOfType(from: string, to: string): 'wider' | 'narrower' | 'other' {
  const [old, now] = [parseType(from), parseType(to)];
  // Without a precision numeric holds every number there is, but for the floating kind.
  if (to === 'numeric' && from.startsWith('numeric(')) return 'wider';
  if (old.kind !== now.kind) return 'other';
  if (now.size === undefined) return 'wider';
  return old.size !== undefined && old.size <= now.size ? 'wider' : 'narrower';
}

interface Kind {
  readonly kind: string;
  /** The limit of a type of that kind; undefined for none. */
  readonly size: number | undefined;
}

const numbers: Readonly<Record<string, number | undefined>> = {
  smallint: 2,
  integer: 4,
  bigint: 8,
  numeric: undefined,
};
const floats: Readonly<Record<string, number>> = { real: 4, 'double precision': 8 };

function parseType(type: string): Kind {
  const base = type.replace(/\(.*?\)/, '');
  const [, size] = /\((\d+)\)/.exec(type) ?? [];
  if (['text', 'character varying', 'citext'].includes(base))
    return { kind: 'text', size: size === undefined ? undefined : Number(size) };
  if (base === 'character') return { kind: 'character', size: Number(size ?? 1) };
  if (base in numbers)
    return base === 'numeric' && type !== base ? numeric(type) : { kind: 'number', size: numbers[base] };
  if (base in floats) return { kind: 'float', size: floats[base] };
  if (base === 'json' || base === 'jsonb') return { kind: 'json', size: undefined };
  return { kind: base, size: undefined };
}

/** numeric(12,2): how much fits before the point; another number of places is another kind. */
function numeric(type: string): Kind {
  const [precision = 0, scale = 0] = [...type.matchAll(/\d+/g)].map(([digits]) => Number(digits));
  return { kind: `numeric of scale ${scale}`, size: precision };
}
