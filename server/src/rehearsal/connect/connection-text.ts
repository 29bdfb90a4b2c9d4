import { type Keywords, SettingsError, severalHosts } from './keywords.ts';

/**
 * Reads a connection as libpq writes one: `postgres://user@host:5432/name?sslmode=require`, or
 * `host=localhost dbname=name`. https://www.postgresql.org/docs/18/libpq-connect.html#LIBPQ-CONNSTRING
 *
 * @throws {SettingsError}
 */
export function parseConnectionText(text: string): Keywords {
  if (/^postgres(ql)?:\/\//i.test(text)) return parseUrl(text);
  if (/^[a-z]+:\/\//i.test(text))
    throw new SettingsError('A connection to Postgres begins with postgres:// or postgresql://.');
  if (text.includes('=')) return parsePairs(text);
  throw new SettingsError(
    'That is no connection: give a URL such as postgres://user@localhost:5432/name, or pairs such as host=localhost dbname=name.',
  );
}

/** The platform's own parser knows no empty host and no socket as one. */
function parseUrl(text: string): Keywords {
  const [, authority = '', path = '', query = ''] =
    /^[^:]+:\/\/([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/.exec(text) ?? [];
  if (authority === '' && path === '' && query === '' && !/^[^:]+:\/\/\/?$/.test(text))
    throw new SettingsError('The URL cannot be read: write # and ? in a name or password as %23 and %3F.');
  const at = authority.lastIndexOf('@');
  const [user = '', ...password] = at < 0 ? [] : authority.slice(0, at).split(':');
  const place = authority.slice(at + 1);
  if (place.includes(',')) throw new SettingsError(severalHosts);
  const [, address, name = '', port = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/.exec(place) ?? [];
  const settings: Record<string, string> = {};
  const put = (keyword: string, value: string) => {
    if (value !== '') settings[keyword] = decode(value);
  };
  put('user', user);
  put('password', password.join(':'));
  put('host', address ?? name);
  put('port', port);
  put('dbname', path);
  for (const pair of query.split('&').filter((each) => each !== '')) {
    const equals = pair.indexOf('=');
    if (equals < 0) throw new SettingsError('In the URL, a setting after "?" has no value.');
    const keyword = decode(pair.slice(0, equals));
    // JDBC's word for it, which libpq takes too.
    if (keyword === 'ssl' && pair.slice(equals + 1) === 'true') settings.sslmode = 'require';
    else put(keyword, pair.slice(equals + 1));
  }
  if (settings.host?.includes(',')) throw new SettingsError(severalHosts);
  return settings;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new SettingsError('The URL cannot be read: write % in a name or password as %25.');
  }
}

function parsePairs(text: string): Keywords {
  const settings: Record<string, string> = {};
  const pair = /\s*([A-Za-z_]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)*))(?=\s|$)/gy;
  let end = 0;
  for (const match of text.matchAll(pair)) {
    const [whole, keyword = '', quoted, bare = ''] = match;
    settings[keyword] = (quoted ?? bare).replaceAll(/\\(.)/gs, '$1');
    end = (match.index ?? 0) + whole.length;
  }
  if (text.slice(end).trim() !== '')
    throw new SettingsError(
      'The connection cannot be read: it is a list of keyword=value, with values that hold spaces in single quotes.',
    );
  if (settings.host?.includes(',')) throw new SettingsError(severalHosts);
  return settings;
}
