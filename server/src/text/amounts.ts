/** 8000000 → `8M`, 12500 → `12.5k`. */
export function formatCount(count: number): string {
  if (count < 1e4) return formatWhole(count);
  const [divisor, suffix] = count >= 1e9 ? [1e9, 'G'] : count >= 1e6 ? [1e6, 'M'] : [1e3, 'k'];
  return `${Number((count / divisor).toPrecision(3))}${suffix}`;
}

/** 12500 → `12,500`: the same in every locale, so that two people see the same. */
export function formatWhole(count: number): string {
  return count.toLocaleString('en');
}

/** Bytes in powers of 1024, as Postgres reads and prints sizes: `1 byte`, `12 kB`, `2.4 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return value === 1 && unit === 0
    ? '1 byte'
    : `${Number(value.toPrecision(unit === 0 ? 4 : 3))} ${units[unit]}`;
}
