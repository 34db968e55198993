import type { Filter } from 'mongodb';
import { hostname } from '../host/canonical/hostname.js';
import { ip } from '../host/canonical/ip.js';
import { mac } from '../host/canonical/mac.js';
import type { HostDoc } from '../store/documents/hosts.js';
import { EXTERNAL_IP, ID, INSTANCE, IP, MAC, NAME, NIC_IP, NIC_MAC, RECORD, SERIAL, type Field } from './fields.js';

/** Hosts with a value in [`from`, `to`). `null` stands for an absent value. */
export interface Range {
  field: Field;
  from: string | null;
  to: string;
}

/** Hosts with one of these values. */
export interface Exact {
  exact: readonly (readonly [Field, string])[];
}

export type Step = Exact | Range;

/** A prefix with this character after it is greater than all texts that begin with the prefix. */
const LAST = '\u{10ffff}';

const beginning = (field: Field, prefix: string): Range => ({ field, from: prefix, to: `${prefix}${LAST}` });

/** All hosts by name, those without a name last. */
export const ALL: readonly Step[] = [beginning(NAME, ''), { field: NAME, from: null, to: '' }];

/** Shorter prefixes of a serial number or an id are not searched, because thousands of hosts match them. */
const LEAST = 3;

/** Longer texts are cut: no stored value is longer, and MongoDB compares the text with each key. */
const MOST = 256;

/**
 * The steps of a search for what the user typed, the likeliest meaning first. A host is listed at the first step that finds it,
 * so exact matches come before prefix matches. `sources` are source names with which a record id may begin.
 */
export function stepsOf(text: string, sources: readonly string[]): readonly Step[] {
  const typed = text.trim().slice(0, MOST);
  if (typed === '') return ALL;
  const folded = typed.normalize('NFKC').toLowerCase();
  const name = hostname(typed) ?? folded;
  const spelled = [...new Set([typed, typed.toUpperCase(), folded])];
  const macPrefix = asMac(folded);
  const whole = { ip: ip(typed), mac: mac(typed) };
  const address = /^[\d.]+$/.test(folded) || /^(?=[^:]*:)[\da-f:.]+$/.test(folded);
  const colon = folded.includes(':');

  const exact: [Field, string][] = [[ID, folded]];
  if (!colon) exact.push(...both(SERIAL, spelled), ...both(INSTANCE, spelled));
  if (whole.ip !== undefined) exact.push([IP, whole.ip], [NIC_IP, whole.ip], [EXTERNAL_IP, whole.ip]);
  if (whole.mac !== undefined) exact.push([MAC, whole.mac], [NIC_MAC, whole.mac]);

  const addresses = address ? [IP, NIC_IP, EXTERNAL_IP].map((field) => beginning(field, whole.ip ?? folded)) : [];
  const macs = macPrefix === undefined ? [] : [MAC, NIC_MAC].map((field) => beginning(field, macPrefix));
  // First the name itself, then names that begin with it and a dot. These are ranges, because thousands of hosts may have the
  // same name.
  const named: Range[] = colon
    ? []
    : [
        { field: NAME, from: name, to: `${name}\0` },
        { field: NAME, from: `${name}.`, to: `${name}/` },
      ];
  const ids = [
    ...[SERIAL, INSTANCE].flatMap((field) => spelled.map((spelling) => beginning(field, spelling))),
    ...(/^h[\da-f]{1,20}$/.test(folded) ? [beginning(ID, folded)] : []),
  ];
  const names = colon ? [] : [beginning(NAME, name), ...(typed.length < LEAST ? [] : ids)];
  const records = colon
    ? [beginning(RECORD, typed)]
    : typed.length < 4
      ? []
      : sources.map((source) => beginning(RECORD, `${source}:${typed}`));
  const numbersFirst = address || (colon && macPrefix !== undefined) || SEPARATED_MAC.test(folded);
  return [
    { exact },
    ...named,
    ...(numbersFirst ? [...addresses, ...macs, ...names] : [...names, ...macs, ...addresses]),
    ...records,
  ];
}

const both = (field: Field, values: readonly string[]) => values.map((value): [Field, string] => [field, value]);

const SEPARATED_MAC = /^[\da-f]{1,2}(?:[:-][\da-f]{1,2}){1,5}[:-]?$|^[\da-f]{4}\.[\da-f.]*$/;

/**
 * The prefix of a MAC as stored, from any usual spelling; hexadecimal digits without separators count only if there are at
 * least four.
 */
function asMac(folded: string): string | undefined {
  let digits: string;
  if (/^[\da-f]{1,2}(?:[:-][\da-f]{0,2}){1,5}$/.test(folded)) {
    const octets = folded.split(/[:-]/);
    // The last octet may be incomplete; an octet before a separator is complete and gets its leading zero: 0:c:29.
    digits = octets.map((octet, at) => (at < octets.length - 1 ? octet.padStart(2, '0') : octet)).join('');
  } else if (/^[\da-f]{4}(?:\.[\da-f]{0,4}){0,2}$|^[\da-f]{4,12}$/.test(folded)) digits = folded.replaceAll('.', '');
  else return undefined;
  return digits.length > 12 ? undefined : digits.replace(/..(?=.)/g, '$&:');
}

/**
 * A condition that every host of the steps meets, for a query without the steps' indexes. Other hosts may meet it too;
 * `sortKeyOf` excludes them.
 */
export function conditionOf(steps: readonly Step[]): Filter<HostDoc> {
  const any = steps.flatMap((step): Filter<HostDoc>[] =>
    'exact' in step
      ? step.exact.map(([{ path }, value]) => ({ [path]: value }))
      : [{ [step.field.path]: { $gte: step.from, $lt: step.to } }],
  );
  return { $or: any };
}
