import { digits } from './text.js';

/** Earliest accepted time: no inventory API is older. Vendors use epoch 0, year 1 and BIOS defaults for "never". */
const EARLIEST = Date.UTC(1990, 0, 1);
/** All accepted times are earlier: wrong device clocks and "never expires" are later. */
const LATEST = Date.UTC(2100, 0, 1);

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)?)?\s?(?:(Z|UTC|GMT)|([+-])(\d\d):?(\d\d))?$/i;

/**
 * A vendor's time as a `Date`, by one rule table. A time without a zone is UTC.
 *
 * | form | result |
 * |---|---|
 * | `2023-07-26T04:27:35Z`, any fraction digits, `+02:00`, `+0200`, a space for `T`, date alone | ISO 8601 |
 * | `{"$date": …}` (extended JSON) | the wrapped value; a bare number is milliseconds |
 * | number or digits | epoch seconds, milliseconds, microseconds or nanoseconds, by magnitude |
 * | before 1990 (epoch 0, year 1) or from 2100 on, impossible days, any other value | `undefined` |
 */
export function time(value: unknown): Date | undefined {
  if (typeof value === 'string') return value.length > 64 ? undefined : fromText(value.trim());
  if (typeof value === 'number') return fromEpoch(value);
  if (value instanceof Date) return within(value.getTime());
  if (typeof value !== 'object' || value === null) return undefined;
  const wrapped = (value as { $date?: unknown }).$date;
  if (wrapped === undefined) return fromEpoch(Number(digits(value)));
  if (typeof wrapped === 'string') return fromText(wrapped.trim());
  return within(Number(digits(wrapped)));
}

export function latest(...times: (Date | undefined)[]): Date | undefined {
  let found: Date | undefined;
  for (const time of times) if (time && (!found || time > found)) found = time;
  return found;
}

export function earliest(...times: (Date | undefined)[]): Date | undefined {
  let found: Date | undefined;
  for (const time of times) if (time && (!found || time < found)) found = time;
  return found;
}

function fromText(text: string): Date | undefined {
  // The most common form, parsed by the engine's ISO parser: five times faster than the regular expression of the table.
  if (text.length === 20 && text.charCodeAt(19) === 90 && text.charCodeAt(10) === 84) {
    const date = within(Date.parse(text));
    // The engine rolls 30 February over to March.
    return date && date.getUTCDate() === Number(text.slice(8, 10)) ? date : undefined;
  }
  if (/^\d{9,19}$/.test(text)) return fromEpoch(Number(text));
  const match = ISO.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', , sign, zoneHour, zoneMinute] =
    match;
  const milliseconds = Number(fraction.slice(0, 3).padEnd(3, '0'));
  const wall = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    milliseconds,
  );
  if (new Date(wall).getUTCDate() !== Number(day) || Number(month) > 12 || Number(hour) > 23 || Number(minute) > 59)
    return undefined;
  const offset = sign ? (Number(zoneHour) * 60 + Number(zoneMinute)) * (sign === '-' ? -60_000 : 60_000) : 0;
  return within(wall - offset);
}

function fromEpoch(epoch: number): Date | undefined {
  if (!(epoch > 0)) return undefined;
  if (epoch < 1e11) return within(epoch * 1_000);
  if (epoch < 1e14) return within(epoch);
  return within(epoch < 1e17 ? epoch / 1e3 : epoch / 1e6);
}

function within(epoch: number): Date | undefined {
  return epoch >= EARLIEST && epoch < LATEST ? new Date(Math.trunc(epoch)) : undefined;
}
