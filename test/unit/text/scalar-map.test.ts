import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseDocument, type Scalar, stringify, visit } from 'yaml';
import { documentRange } from '../../../server/src/text/offset-map.ts';
import { scalarMap } from '../../../server/src/text/scalar-map.ts';

/** Every scalar value (not key) of a YAML text. */
function scalars(text: string): Scalar[] {
  const document = parseDocument(text, { keepSourceTokens: true });
  assert.deepEqual(document.errors, [], text);
  const found: Scalar[] = [];
  visit(document, {
    Scalar(key, node) {
      if (key !== 'key' && typeof node.value === 'string') found.push(node);
    },
  });
  return found;
}

/** The law: forth and back is the identity, places ascend, and unescaped characters stand where the map says. */
function assertMap(text: string, scalar: Scalar): void {
  const value = String(scalar.value);
  const map = scalarMap(text, scalar);
  let before = -1;
  for (let i = 0; i < value.length; i++) {
    const at = map.toDocument(i);
    const shown = `${JSON.stringify(text)} value ${JSON.stringify(value)} at ${i} -> ${at}`;
    assert.ok(at > before, `places ascend: ${shown}`);
    assert.equal(map.toValue(at), i, `forth and back: ${shown}`);
    before = at;
    const here = text[at] ?? '';
    if (here === value[i]) continue;
    const inEscape = scalar.type === 'QUOTE_DOUBLE' && text.slice(Math.max(0, at - 9), at + 1).includes('\\');
    const folded = /[\r\n]/.test(here) && /[ \n]/.test(value[i] ?? '');
    const cutOff = at === text.length && value[i] === '\n';
    assert.ok(inEscape || folded || cutOff, `the character stands there: ${shown}`);
  }
  const end = map.toDocument(value.length);
  assert.ok(end >= before && end <= (scalar.range?.[1] ?? 0), 'the end is within the scalar');
  if (value.length > 1) assert.notEqual(map.toDocument(0), map.toDocument(1), 'the map is no pinned one');
}

/** A range that ends with a character ends where that character does, within the scalar. */
function assertEnds(text: string, scalar: Scalar): void {
  const map = scalarMap(text, scalar);
  for (let i = 1; i <= String(scalar.value).length; i++) {
    const end = documentRange(map, { start: i - 1, end: i }).end;
    assert.ok(end > map.toDocument(i - 1) || map.toDocument(i - 1) === text.length, `not empty at ${i}`);
    assert.ok(end <= Math.max(map.toDocument(i), scalar.range?.[1] ?? 0), `not beyond the next at ${i}`);
  }
}

const words = [
  'SELECT',
  'é',
  '日本',
  '😀',
  "it's",
  '"quoted"',
  'a: b',
  '# no',
  ' ',
  '  ',
  '\t',
  '\\',
  ';',
  'x',
  '-',
  '\u0301',
];
const line = fc.array(fc.constantFrom(...words), { maxLength: 6 }).map((parts) => parts.join(''));
const value = fc.array(line, { minLength: 1, maxLength: 6 }).map((lines) => lines.join('\n'));
const indents = fc.constantFrom(1, 2, 4, 7);

function block(header: string, indent: number, text: string, depth: number): string {
  const pad = ' '.repeat(depth + indent);
  return `${header}\n${text
    .split('\n')
    .map((one) => (one === '' ? '' : pad + one))
    .join('\n')}\n`;
}

describe('scalarMap', () => {
  const check = (text: string) => {
    const found = scalars(text);
    assert.ok(found.length > 0);
    for (const scalar of found) assertMap(text, scalar);
  };

  it('maps each style in a document with comments, multi-byte and astral characters', () => {
    check(`# 😀 é
a: plain 日本 words # comment
b: plain over
  two lines

  and a blank one
c: 'it''s
  folded'
d: "escaped \\u00e9 \\U0001F600 \\x41 \\t \\" tab\\
    joined
  folded

  twice"
e: | # literal 😀
  SELECT 'é'
    FROM x

f: >-
  one
  two

  three
    more

  four
g: |2+
   indented

h:
  - |-
    in a list
  - > # folded

    leading blank
    text
`);
  });

  it('maps CRLF documents', () => {
    check(
      'a: |\r\n  SELECT 1;\r\n  SELECT 2;\r\nb: >\r\n  x\r\n  y\r\n\r\n  z\r\nc: plain\r\n  folded\r\nd: "q\\\r\n  r\r\n  s"\r\n',
    );
  });

  it('maps a scalar at the end of the document, without a last line break', () => {
    for (const text of [
      'a: |\n  x',
      'a: |+\n      ',
      'a: >\n  x\n  y',
      'a: x',
      "a: 'x'",
      'a: |+\n  x',
      'a: "',
      'a: |\n  x\n\n',
    ]) {
      const document = parseDocument(text, { keepSourceTokens: true });
      visit(document, { Scalar: (key, node) => (key === 'value' ? assertMap(text, node) : undefined) });
    }
  });

  for (const header of ['|', '|-', '|+', '>', '>-', '>+', '| # comment', '>- # 😀']) {
    it(`maps random values in ${header} blocks`, () => {
      fc.assert(
        fc.property(value, indents, fc.boolean(), fc.boolean(), (text, indent, crlf, nested) => {
          // A first line that starts with a blank needs an explicit indent.
          const explicit = /^[\n]*[ \t]/.test(text) ? header.replace(/^[|>]/, `$&${indent}`) : header;
          const prefix = nested ? 'k:\n  - p: 1\n    v: ' : 'v: ';
          const yaml = `${prefix}${block(explicit, indent, text, nested ? 4 : 0)}# after\n`;
          const document = crlf ? yaml.replaceAll('\n', '\r\n') : yaml;
          if (parseDocument(document).errors.length > 0) return;
          for (const scalar of scalars(document)) assertMap(document, scalar);
        }),
        { numRuns: 150 },
      );
    });
  }

  for (const style of ['PLAIN', 'QUOTE_SINGLE', 'QUOTE_DOUBLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED'] as const) {
    it(`maps random values as the library writes them in ${style}`, () => {
      fc.assert(
        fc.property(value, indents, fc.boolean(), (text, indent, narrow) => {
          const yaml = stringify(
            { a: { b: [text, text] } },
            {
              defaultStringType: style,
              defaultKeyType: 'PLAIN',
              indent: Math.max(2, indent),
              lineWidth: narrow ? 24 : 0,
            },
          );
          for (const scalar of scalars(yaml)) assertMap(yaml, scalar);
        }),
        { numRuns: 150 },
      );
    });
  }

  it('maps random quoted text as a person writes it', () => {
    const single = value.map((text) => `'${text.replaceAll("'", "''").replace(/\n/g, '\n  ')}'`);
    const double = value.map((text) => `"${text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\n  ')}"`);
    fc.assert(
      fc.property(fc.oneof(single, double), (quoted) => {
        const yaml = `a: ${quoted} # end\n`;
        if (parseDocument(yaml).errors.length > 0) return;
        check(yaml);
      }),
      { numRuns: 300 },
    );
  });

  describe('maps whatever a person may write', () => {
    const eol = fc.constantFrom('\n', '\r\n');
    const property = fc.constantFrom('', '&a ', '!!str ', '&a !!str ');
    const parts = (...of: string[]) =>
      fc.array(fc.constantFrom(...of), { minLength: 1, maxLength: 8 }).map((all) => all.join(''));
    const odd = ['a', 'é', '😀', '\t', '  ', '\u0085', '\u2028', '\u2029', '\u00a0', '\\', '"'];
    const folds = ['\n  ', '\n\n  ', ' \n\t ', ' \n \n  '];
    const mapsAll = (documents: fc.Arbitrary<string>) =>
      fc.assert(
        fc.property(documents, eol, (text, lineBreak) => {
          const yaml = text.replaceAll('\n', lineBreak);
          fc.pre(parseDocument(yaml).errors.length === 0);
          // In a block with tabs in a list, the library reads a line's "#a" as a comment, and drops it.
          fc.pre(!(yaml.includes('\t') && /\n[ \t]+#/.test(yaml)));
          for (const scalar of scalars(yaml)) {
            assertMap(yaml, scalar);
            assertEnds(yaml, scalar);
          }
        }),
        { numRuns: 400 },
      );

    it('in blocks: every header, blank lines before and after, deeper lines, tabs, no last line break', () => {
      const header = fc
        .tuple(
          fc.constantFrom('|', '>'),
          fc.constantFrom('', '-', '+'),
          fc.constantFrom('', '1', '2', '4'),
          fc.boolean(),
          fc.constantFrom('', ' # c', ' '),
        )
        .map(
          ([style, chomp, indent, first, rest]) => style + (first ? chomp + indent : indent + chomp) + rest,
        );
      const lines = fc.array(
        fc.tuple(fc.constantFrom(0, 0, 1, 2), fc.oneof(fc.constant(''), parts(...odd, "'", '#', ';'))),
        {
          maxLength: 6,
        },
      );
      const tail = fc.constantFrom('', '\n', '\n\n', '   \n', '\n# after\n');
      mapsAll(
        fc
          .tuple(property, header, lines, fc.constantFrom(4, 6), tail, fc.boolean())
          .map(([p, h, ls, indent, end, nested]) => {
            const body = ls.map(([more, one]) => (one ? ' '.repeat(indent + more) + one : ''));
            return `${nested ? 'k:\n  - v: ' : 'v: '}${p}${h}\n${body.join('\n')}${end}`;
          }),
      );
    });

    it('in double quotes: every escape, escaped and folded line breaks', () => {
      const escapes = [
        '\\x41',
        '\\u00e9',
        '\\U0001F600',
        '\\n',
        '\\t',
        '\\"',
        '\\\\',
        '\\/',
        '\\ ',
        '\\N',
        '\\_',
      ];
      const more = ['\\L', '\\P', '\\e', '\\0', '\\\n  ', '\\\n\n  ', ...folds, 'é', '😀', ' ', '\u2028'];
      mapsAll(fc.tuple(property, parts(...escapes, ...more)).map(([p, of]) => `v: ${p}"${of}" # c\n`));
    });

    it('in single quotes and plain, on one line and on several', () => {
      const quoted = parts("''", ...folds, ...odd).map((of) => `'${of}'`);
      const plain = parts(...folds, ...odd, '#', '-', ':x', "'", ' ', '\r').map((of) => `p${of}`);
      mapsAll(fc.tuple(property, fc.oneof(quoted, plain)).map(([p, of]) => `v: ${p}${of}\n`));
      mapsAll(fc.oneof(quoted, plain).map((of) => `v: { a: ${of} }\n`));
    });
  });
});
