/**
 * A map that is cheap to fork: a base that is never changed, shared by all forks, and over it the few entries
 * that changed since. Each statement of a plan has a schema of its own, so a full copy for each would cost
 * more than all else. Entries keep the order in which they first came in.
 *
 * `linksOf` names what a value points at; `linked` then finds the values that may point at something without
 * a walk over all.
 */
export class LayeredMap<Value> implements ReadonlyMap<string, Value> {
  readonly #linksOf: (value: Value) => Iterable<string>;
  #base: Base<Value>;
  /** Undefined stands for an entry that is gone. */
  #changes: Map<string, Value | undefined>;
  #size: number;
  readonly #reads: MapReads | undefined;
  /** What the changed values point at, or did; made once this map is asked often, as that of a whole script is. */
  #changeLinks: Map<string, Set<string>> | undefined;
  #asked = 0;

  constructor(
    linksOf: (value: Value) => Iterable<string>,
    base: Base<Value> = { entries: new Map(), links: undefined },
    changes: ReadonlyMap<string, Value | undefined> = new Map(),
    size: number = base.entries.size,
    reads?: MapReads,
  ) {
    this.#linksOf = linksOf;
    this.#base = base;
    this.#changes = new Map(changes);
    this.#size = size;
    this.#reads = reads;
  }

  /** A map of the same entries; what is changed in one is not changed in the other. */
  fork(): LayeredMap<Value> {
    return this.readBy(this.#reads);
  }

  /** A map of the same entries that tells what is read of it, and of its forks. */
  readBy(reads: MapReads | undefined): LayeredMap<Value> {
    return new LayeredMap(this.#linksOf, this.#base, this.#changes, this.#size, reads);
  }

  get size(): number {
    this.#reads?.all();
    return this.#size;
  }

  get(key: string): Value | undefined {
    this.#reads?.key(key);
    const changed = this.#changes.get(key);
    return changed !== undefined || this.#changes.has(key) ? changed : this.#base.entries.get(key);
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  set(key: string, value: Value): this {
    if (!this.has(key)) this.#size++;
    this.#changes.set(key, value);
    if (this.#changeLinks) addLinks(this.#changeLinks, key, this.#linksOf(value));
    this.#settle();
    return this;
  }

  delete(key: string): boolean {
    if (!this.has(key)) return false;
    this.#size--;
    if (this.#base.entries.has(key)) this.#changes.set(key, undefined);
    else this.#changes.delete(key);
    return true;
  }

  /** All values that point at `link`, and some that did or never have: the caller looks itself. */
  *linked(link: string): Generator<Value> {
    this.#reads?.link(link);
    const changes = this.#changes;
    const { entries } = this.#base;
    this.#base.links ??= linksOfAll(entries, this.#linksOf);
    for (const key of this.#base.links.get(link) ?? []) {
      const value = changes.has(key) ? undefined : entries.get(key);
      if (value !== undefined) yield value;
    }
    if (this.#asked++ >= often) this.#changeLinks ??= linksOfAll(changes, this.#linksOf);
    const changed = this.#changeLinks ? (this.#changeLinks.get(link) ?? []) : changes.keys();
    for (const key of changed) {
      const value = changes.get(key);
      if (value !== undefined) yield value;
    }
  }

  /** What a value points at. */
  linksOf(value: Value): Iterable<string> {
    return this.#linksOf(value);
  }

  /**
   * The entries that differ from an older map's, undefined for those that are gone. Values are compared by identity.
   */
  changesSince(older: LayeredMap<Value>): ReadonlyMap<string, Value | undefined> {
    const changes = new Map<string, Value | undefined>();
    const sameBase = this.#base === older.#base;
    const [now, before] = sameBase
      ? [this.#changes, older.#changes]
      : [new Map(this.#all()), new Map(older.#all())];
    const old = (key: string) =>
      sameBase && !before.has(key) ? this.#base.entries.get(key) : before.get(key);
    for (const [key, value] of now) if (old(key) !== value) changes.set(key, value);
    for (const key of before.keys()) {
      if (now.has(key)) continue;
      const value = sameBase ? this.#base.entries.get(key) : undefined;
      if (value !== before.get(key)) changes.set(key, value);
    }
    return changes;
  }

  entries(): Generator<[string, Value], undefined> {
    this.#reads?.all();
    return this.#all();
  }

  *#all(): Generator<[string, Value], undefined> {
    const changes = this.#changes;
    const { entries } = this.#base;
    for (const [key, old] of entries) {
      const value = changes.has(key) ? changes.get(key) : old;
      if (value !== undefined) yield [key, value];
    }
    for (const [key, value] of changes) {
      if (value !== undefined && !entries.has(key)) yield [key, value];
    }
    return undefined;
  }

  *keys(): Generator<string, undefined> {
    for (const [key] of this.entries()) yield key;
    return undefined;
  }

  *values(): Generator<Value, undefined> {
    for (const [, value] of this.entries()) yield value;
    return undefined;
  }

  [Symbol.iterator](): Generator<[string, Value], undefined> {
    return this.entries();
  }

  forEach(each: (value: Value, key: string, map: ReadonlyMap<string, Value>) => void): void {
    for (const [key, value] of this.entries()) each(value, key, this);
  }

  /** Makes a new base once the changes are no longer few against it: an entry's share of that stays constant. */
  #settle(): void {
    // Where changes are found by their links, it costs nothing to have many.
    const few = this.#base.entries.size / (this.#changeLinks ? 1 : share);
    if (this.#changes.size >= smallest && this.#changes.size >= few) this.rebase();
  }

  /** Takes all changes into a base of their own, so that forks are as cheap as they get. */
  rebase(): void {
    const { links } = this.#base;
    this.#base = {
      entries: new Map(this.#all()),
      links: links && extended(links, linksOfAll(this.#changes, this.#linksOf)),
    };
    this.#changes = new Map();
    if (this.#changeLinks) this.#changeLinks = new Map();
  }
}

/** Is told what is read of a map. */
export interface MapReads {
  /** The entry at this key, or that there is none. */
  key(key: string): void;
  /** The values that point at this. */
  link(link: string): void;
  /** Everything. */
  all(): void;
}

interface Base<Value> {
  readonly entries: ReadonlyMap<string, Value>;
  /** Keys of the values that point at something, by what they point at; made when first asked for. */
  links: ReadonlyMap<string, ReadonlySet<string>> | undefined;
}

const often = 32;
const smallest = 32;
const share = 8;

function linksOfAll<Value>(
  entries: ReadonlyMap<string, Value | undefined>,
  linksOf: (value: Value) => Iterable<string>,
): Map<string, Set<string>> {
  const links = new Map<string, Set<string>>();
  for (const [key, value] of entries) if (value !== undefined) addLinks(links, key, linksOf(value));
  return links;
}

/** What no longer points there stays among the links: whoever follows them looks. */
function extended(
  links: ReadonlyMap<string, ReadonlySet<string>>,
  more: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const all = new Map(links);
  for (const [link, keys] of more) {
    const known = links.get(link);
    all.set(link, known ? new Set([...known, ...keys]) : keys);
  }
  return all;
}

function addLinks(links: Map<string, Set<string>>, key: string, to: Iterable<string>): void {
  for (const link of to) {
    const keys = links.get(link);
    if (keys) keys.add(key);
    else links.set(link, new Set([key]));
  }
}
