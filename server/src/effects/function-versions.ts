/** Functions of `pg_catalog` that came after Postgres 14, and the first version that has them. */
export const functionVersions: ReadonlyMap<string, number> = new Map(
  Object.entries({
    15: 'regexp_count regexp_instr regexp_like regexp_substr',
    16: 'any_value array_sample array_shuffle date_add date_subtract erf erfc pg_input_error_info pg_input_is_valid random_normal',
    17: 'to_bin to_oct unicode_assigned unicode_version uuid_extract_timestamp uuid_extract_version xmltext',
    18: 'array_reverse array_sort casefold crc32 crc32c gamma lgamma uuidv4 uuidv7',
  }).flatMap(([version, names]) => names.split(' ').map((name) => [name, Number(version)] as const)),
);
