/** ms of a duration as plans write it: `250ms`, `2s`, `5min`, `24h`, `7d`; undefined for anything else. */
export function parseDuration(text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined;
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)$/.exec(text.trim());
  const unit = match?.[2];
  return unit === undefined ? undefined : Math.round(Number(match?.[1]) * (units[unit] ?? 1));
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };
