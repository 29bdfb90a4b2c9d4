/** `AccessExclusiveLock` as the documentation of LOCK writes it: `ACCESS EXCLUSIVE`. */
export function lockWords(mode: string): string {
  return mode
    .replace(/Lock$/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase();
}
