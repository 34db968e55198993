import { InvalidArgumentError } from 'commander';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/**
 * Parses `30m`, `1h`, `2d` or `1w` (a time before now), or a date or time in ISO 8601 (UTC unless it has a time zone). For
 * `.option()`.
 */
export function since(text: string): Date {
  const [, count, unit] = /^(\d+(?:\.\d+)?)\s*([smhdw])$/.exec(text.trim()) ?? [];
  if (count && unit) return new Date(Date.now() - Number(count) * UNIT_MS[unit]!);
  const written = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*)?$/.test(text);
  const zoned = /(?:Z|[+-]\d{2}:?\d{2})$/.test(text) || text.length === 10;
  const time = Date.parse(zoned ? text : `${text}Z`);
  if (!written || Number.isNaN(time)) throw new InvalidArgumentError('Give 30m, 1h, 2d, 1w, or a date: 2026-11-21.');
  return new Date(time);
}
