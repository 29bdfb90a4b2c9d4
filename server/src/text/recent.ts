/** Values by text: the least recently used are given up when the texts together get too long. */
export interface Recent<T> {
  get(text: string): T | undefined;
  set(text: string, value: T): void;
}

/** `limit`: the characters that all texts together may have; one text alone may have more. */
export function createRecent<T extends object>(limit: number): Recent<T> {
  const known = new Map<string, T>();
  let characters = 0;
  return {
    get(text) {
      const value = known.get(text);
      if (value === undefined) return undefined;
      known.delete(text);
      known.set(text, value);
      return value;
    },
    set(text, value) {
      if (!known.delete(text)) characters += text.length;
      known.set(text, value);
      for (const [oldest] of known) {
        if (characters <= limit || known.size === 1) break;
        known.delete(oldest);
        characters -= oldest.length;
      }
    },
  };
}
