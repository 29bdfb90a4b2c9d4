/** A connection without its password, and the password apart. */
export interface SplitConnection {
  readonly connection: string;
  readonly password: string | undefined;
}

/**
 * Takes the password out of a URL or out of keyword=value pairs, so that what is kept among the editor's own data
 * holds none. What cannot be read comes back as it is: the server says what is wrong with it.
 */
export function splitPassword(text: string): SplitConnection {
  const trimmed = text.trim();
  const url = /^(postgres(?:ql)?:\/\/[^:@/?#]*):([^@]*)@(.*)$/is.exec(trimmed);
  if (url) {
    const [, start = '', password = '', rest = ''] = url;
    return withoutParameter({ connection: `${start}@${rest}`, password: decode(password) });
  }
  if (/^postgres(ql)?:\/\//i.test(trimmed))
    return withoutParameter({ connection: trimmed, password: undefined });
  const pair = /(?:^|\s)password\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)*))/i.exec(trimmed);
  if (!pair) return { connection: trimmed, password: undefined };
  const [whole, quoted, bare = ''] = pair;
  return {
    connection: trimmed.replace(whole, '').trim(),
    password: (quoted ?? bare).replaceAll(/\\(.)/gs, '$1'),
  };
}

/** `?password=` and `&password=`, which libpq takes too; the password of a client's key as well. */
function withoutParameter({ connection, password }: SplitConnection): SplitConnection {
  const [, before = connection, query] = /^([^?]*)\?(.*)$/s.exec(connection) ?? [];
  if (query === undefined) return { connection, password };
  const parameters = query.split('&');
  const own = parameters.find((each) => /^password=/i.test(each));
  const rest = parameters.filter((each) => !/^(ssl)?password=/i.test(each));
  return {
    connection: rest.length > 0 ? `${before}?${rest.join('&')}` : before,
    password: own === undefined ? password : decode(own.slice(own.indexOf('=') + 1)),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
