import { shortName } from '../canonical/hostname.js';
import type { Candidate } from './choose.js';
import type { Conflict, HostAttributes } from './golden-host.js';
import type { Device, HostObservation } from '../types.js';

type Part = Pick<HostObservation, 'device' | 'cloud'>;
type Text = (host: Part) => string | undefined;

const device =
  (field: keyof Device): Text =>
  (host) =>
    host.device[field] as string | undefined;

/** Whether the values of two sources mean the same although they are spelled differently. */
const SAME = {
  text: (a: string, b: string) => fold(a) === fold(b),
  /** `Windows 11` and `Microsoft Windows 11 Enterprise`. */
  words: (a: string, b: string) => {
    const [left, right] = [words(a), words(b)];
    return isSubset(left, right) || isSubset(right, left);
  },
  /** `web-01` and `web-01.corp.example.com`. */
  name: (a: string, b: string) => fold(shortName(a)) === fold(shortName(b)),
};

const fold = (text: string) => text.toLowerCase();
const words = (text: string) => new Set(fold(text).match(/[a-z]+|\d+(?:\.\d+)*/g) ?? []);
const isSubset = (a: ReadonlySet<string>, b: ReadonlySet<string>) => [...a].every((word) => b.has(word));

/** Fields in which sources may contradict each other, and the comparison of each. */
const FIELDS: readonly (readonly [path: string, value: Text, same: (a: string, b: string) => boolean])[] = [
  ['device.hostname', device('hostname'), SAME.name],
  ['device.domain', device('domain'), SAME.text],
  ['device.os', (host) => host.device.os?.name, SAME.words],
  ['device.vendor_name', device('vendor_name'), SAME.words],
  ['device.model', device('model'), SAME.words],
  ['device.hw_info.serial_number', (host) => host.device.hw_info?.serial_number, SAME.text],
  ['device.instance_uid', device('instance_uid'), SAME.text],
  ['cloud.account', (host) => host.cloud?.account?.uid, SAME.text],
];

/**
 * Values of listed members that differ from the surviving value of the host, sorted by field and then by member, the best
 * member first. The time of each value is the member's `last_seen`.
 */
export function conflictsOf(host: HostAttributes, ranked: readonly Candidate[]): Conflict[] {
  const conflicts: Conflict[] = [];
  for (const [path, valueOf, same] of FIELDS) {
    const survived = valueOf(host);
    if (survived === undefined) continue;
    for (const { record } of ranked) {
      if (record.gone) continue;
      const value = valueOf(record.observation);
      if (value === undefined || value === survived || same(value, survived)) continue;
      conflicts.push({ path, value, record: record.id });
    }
  }
  return conflicts;
}
