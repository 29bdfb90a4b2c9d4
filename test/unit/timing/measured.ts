/**
 * What PostgreSQL 15.18 took on two shared cores (shared_buffers 512 MB, all cached): rows, bytes of the table,
 * ms, bytes of write-ahead log. Tables of 93 and 356 bytes a row; the text indexed is 32 characters long.
 */
export const measured = [
  { what: 'check', rows: 100_000, bytes: 9_355_264, ms: 9.3, wal: 168 },
  { what: 'check', rows: 1_000_000, bytes: 93_151_232, ms: 69.1, wal: 168 },
  { what: 'check', rows: 5_000_000, bytes: 465_616_896, ms: 372.5, wal: 168 },
  { what: 'check', rows: 3_000_000, bytes: 1_068_851_200, ms: 359.9, wal: 168 },
  { what: 'foreign key', rows: 100_000, bytes: 9_355_264, ms: 24.5, wal: 168 },
  { what: 'foreign key', rows: 1_000_000, bytes: 93_151_232, ms: 255, wal: 168 },
  { what: 'foreign key', rows: 5_000_000, bytes: 465_616_896, ms: 2745.6, wal: 3736 },
  { what: 'foreign key', rows: 3_000_000, bytes: 1_068_851_200, ms: 1614.9, wal: 4144 },
  { what: 'index on an integer', rows: 1_000_000, bytes: 93_151_232, ms: 339.9, wal: 20_471_296 },
  { what: 'index on an integer', rows: 5_000_000, bytes: 465_616_896, ms: 1763.1, wal: 102_131_600 },
  { what: 'index on a text', rows: 1_000_000, bytes: 93_151_232, ms: 1034, wal: 53_573_216 },
  { what: 'index on a text', rows: 1_000_000, bytes: 356_311_040, ms: 1693.3, wal: 53_575_256 },
  { what: 'index on a text', rows: 5_000_000, bytes: 465_616_896, ms: 5459.5, wal: 267_845_304 },
  { what: 'concurrent index', rows: 1_000_000, bytes: 93_151_232, ms: 1421.7, wal: 53_577_352 },
  { what: 'concurrent index', rows: 5_000_000, bytes: 465_616_896, ms: 8590.5, wal: 267_844_648 },
  { what: 'concurrent index', rows: 3_000_000, bytes: 1_068_851_200, ms: 4527.6, wal: 160_711_200 },
  { what: 'rewrite', rows: 100_000, bytes: 9_355_264, ms: 69.3, wal: 12_053_448 },
  { what: 'rewrite', rows: 1_000_000, bytes: 93_151_232, ms: 714, wal: 120_370_936 },
  { what: 'rewrite', rows: 1_000_000, bytes: 356_311_040, ms: 1611.2, wal: 377_123_248 },
  { what: 'rewrite', rows: 3_000_000, bytes: 1_068_851_200, ms: 4898.7, wal: 1_131_333_336 },
  { what: 'rewrite with two indexes', rows: 1_000_000, bytes: 93_151_232, ms: 2993.9, wal: 194_361_848 },
  { what: 'rewrite with two indexes', rows: 1_000_000, bytes: 356_311_040, ms: 4439.1, wal: 451_114_296 },
  {
    what: 'rewrite with two indexes',
    rows: 3_000_000,
    bytes: 1_068_851_200,
    ms: 10_720.5,
    wal: 1_353_302_424,
  },
  { what: 'update', rows: 100_000, bytes: 9_355_264, ms: 396.7, wal: 29_341_840 },
  { what: 'update', rows: 1_000_000, bytes: 93_151_232, ms: 5187.5, wal: 293_435_664 },
  { what: 'update', rows: 1_000_000, bytes: 356_311_040, ms: 6494.8, wal: 542_163_760 },
  { what: 'update', rows: 5_000_000, bytes: 465_616_896, ms: 25_328.6, wal: 1_639_131_864 },
] as const;

const documents = { rows: 40_000, bytes: 223_690_752 };
const words = { rows: 300_000, bytes: 73_302_016 };

/**
 * Tables of other shapes, on PostgreSQL 15.18 (shared_buffers 512 MB) and 18.4 (32 MB), two cores that others were
 * using: rows whose jsonb is kept out of line, indexes that are no B-trees, eight indexes in random order, foreign
 * keys to a larger table. `other` is the referenced table.
 */
export const shapes = [
  { what: 'check', ...documents, ms: 6 },
  { what: 'check', ...documents, ms: 532 },
  { what: 'index on a text', ...documents, ms: 21 },
  { what: 'index on a text', ...documents, ms: 393 },
  { what: 'gin', ...documents, ms: 867 },
  { what: 'gin', ...words, ms: 8465 },
  { what: 'gin', ...words, ms: 17_731 },
  { what: 'gin', ...words, ms: 24_964 },
  { what: 'gist', ...words, ms: 1596 },
  { what: 'hash', ...words, ms: 1172 },
  { what: 'brin', ...words, ms: 148 },
  { what: 'update', ...documents, indexes: 1, ms: 250 },
  { what: 'update', ...documents, indexes: 1, ms: 5491 },
  { what: 'update', rows: 500_000, bytes: 63_070_208, indexes: 8, ms: 33_774 },
  { what: 'update', rows: 500_000, bytes: 63_070_208, indexes: 8, ms: 99_165 },
  {
    what: 'foreign key',
    rows: 1_000_000,
    bytes: 60_276_736,
    other: { rows: 2_000_000, bytes: 112_484_352 },
    ms: 2760,
  },
  {
    what: 'foreign key',
    rows: 1_000_000,
    bytes: 60_276_736,
    other: { rows: 2_000_000, bytes: 112_484_352 },
    ms: 4671,
  },
  {
    what: 'foreign key',
    rows: 100_000,
    bytes: 5_251_072,
    other: { rows: 5_100_000, bytes: 225_918_976 },
    ms: 5943,
  },
  { what: 'foreign key', rows: 1_000_000, bytes: 60_276_736, ms: 4671 },
] as const;
