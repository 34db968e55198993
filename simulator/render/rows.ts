import { hash, pick } from '../random.js';
import { fleetNow, isoSeconds } from '../times.js';
import type { Platform } from '../machines/machine.js';
import type { Dialect } from './dialect.js';
import { jsonToXml } from './xml.js';
import type { Sink } from './sink.js';

/**
 * Software and vulnerability rows are most of a Qualys record. The simulator renders them once, in chunks of a few rows. The
 * machine's number selects the sequence of chunks of a record, and each vulnerability id contains that number.
 */
const CHUNKS = 512;
const SOFTWARE_ROWS = 8;
const VULN_ROWS = 4;

const STEMS: Record<Platform, readonly string[]> = {
  Linux: (
    'openssl|glibc|systemd|curl|python3|perl|bash|kernel|gcc|zlib|libxml2|rpm|yum|nss|krb5|pam|' +
    'sudo|vim|git|dbus|audit|cloud-init|chrony|docker|containerd|grub2|lvm2|mdadm|nginx|rsyslog|' +
    'tar|xz'
  ).split('|'),
  Windows: (
    'Microsoft Edge|Microsoft Visual C++ Redistributable|Google Chrome|Mozilla Firefox|7-Zip|' +
    'Notepad++|Microsoft .NET Runtime|Java SE|Zoom|Microsoft Teams|OneDrive|VLC|PuTTY|WinSCP|' +
    'Wireshark|Git|Python|Node.js|Slack|SQL Server Native Client'
  ).split('|'),
  Mac: (
    'Safari|Xcode|Mail|Numbers|Pages|Keynote|Google Chrome|Slack|zoom.us|Docker|' +
    'Visual Studio Code|iTerm|Spotify|1Password|GarageBand|Photos'
  ).split('|'),
  Device: 'firmware|bootloader|snmp-agent|http-server'.split('|'),
};
const ENDINGS =
  '|-libs|-devel|-common|-tools|-data|-core|-utils|-client|-server|-plugins|-docs|-lang|-extra|-compat|-headers'.split(
    '|',
  );

/** A chunk in two forms: for the start of a list, and for the place after another chunk (in JSON with a comma in front). */
interface Chunk {
  first: Buffer;
  next: Buffer;
  /** Distances from the end of the chunk back to the machine's digits, one for each vulnerability row. */
  digits: number[];
}

/** Chunks by number. The simulator renders each one when the first record contains it. */
interface Pool {
  software: (number: number) => Chunk;
  vulns: (number: number) => Chunk;
}

const pools = new Map<string, Pool>();

function softwareRow(platform: Platform, number: number): string {
  const h = hash(7, number, 1);
  const ending = ENDINGS[Math.floor(number / STEMS[platform].length) % ENDINGS.length] as string;
  const name = pick(STEMS[platform], number) + ending + (number >= 512 ? `-${number >> 9}` : '');
  const version = `${(h >>> 2) % 24}.${(h >>> 7) % 60}.${(h >>> 13) % 200}`;
  const release =
    platform === 'Linux' ? `-${(h >>> 21) % 90}.${pick(['amzn2', 'el9', 'u22'], h >>> 28)}.x86_64` : `.${h & 4095}`;
  return `{"HostAssetSoftware":{"name":"${name}","version":"${version}${release}"}}`;
}

function vulnRow(number: number, dialect: Dialect): string {
  const h = hash(11, number, 2);
  const last = fleetNow() - (h % 96) * 3_600_000 - ((h >>> 8) % 3600) * 1000;
  const first = last - (30 + ((h >>> 16) % 700)) * 86_400_000;
  const id = `1${'0'.repeat(7)}${String(number % 1000).padStart(3, '0')}`;
  return `{"HostAssetVuln":{"hostInstanceVulnId":${dialect === 'extended' ? `{"$numberLong":"${id}"}` : id},"lastFound":"${isoSeconds(last)}","firstFound":"${isoSeconds(first)}","qid":${38000 + ((h >>> 4) % 340_000)}}}`;
}

function chunk(dialect: Dialect, rows: string[]): Chunk {
  const comma = dialect === 'xml' ? '' : ',';
  const next = Buffer.from(comma + rows.map((row) => (dialect === 'xml' ? jsonToXml(row) : row)).join(comma));
  const digits: number[] = [];
  // Only the id of a vulnerability contains these eight digits in a row.
  for (let at = next.indexOf('10000000'); at >= 0; at = next.indexOf('10000000', at + 8)) {
    digits.push(next.length - at - 1);
  }
  return { first: next.subarray(comma.length), next, digits };
}

function chunks(dialect: Dialect, size: number, row: (number: number) => string): (number: number) => Chunk {
  const rendered: (Chunk | undefined)[] = [];
  const rows = (number: number): string[] => Array.from({ length: size }, (_, place) => row(number * size + place));
  return (number) => (rendered[number] ??= chunk(dialect, rows(number)));
}

function build(platform: Platform, dialect: Dialect): Pool {
  return {
    software: chunks(dialect, SOFTWARE_ROWS, (number) => softwareRow(platform, number)),
    vulns: chunks(dialect, VULN_ROWS, (number) => vulnRow(number, dialect)),
  };
}

function poolOf(platform: Platform, dialect: Dialect): Pool {
  const key = platform + dialect;
  let pool = pools.get(key);
  if (!pool) pools.set(key, (pool = build(platform, dialect)));
  return pool;
}

/** The number of chunks of each kind in a record, and the machine's sequence of chunks. */
export interface RowPlan {
  platform: Platform;
  dialect: Dialect;
  software: number;
  vulns: number;
  /** Determines the first chunk of the sequence and the step to the next one. */
  random: number;
  /** Seven digits of the machine, part of its vulnerability ids. */
  mark: string;
}

export function writeSoftware(plan: RowPlan, sink: Sink): void {
  const { software } = poolOf(plan.platform, plan.dialect);
  const step = ((plan.random >>> 8) & (CHUNKS - 1)) | 1;
  for (let chunk = 0, at = plan.random; chunk < plan.software; chunk++, at += step) {
    const { first, next } = software(at & (CHUNKS - 1));
    sink.bytes(chunk === 0 ? first : next);
  }
}

export function writeVulns(plan: RowPlan, sink: Sink): void {
  const { vulns } = poolOf(plan.platform, plan.dialect);
  const step = ((plan.random >>> 16) & (CHUNKS - 1)) | 1;
  for (let chunk = 0, at = plan.random >>> 4; chunk < plan.vulns; chunk++, at += step) {
    const { first, next, digits } = vulns(at & (CHUNKS - 1));
    sink.bytes(chunk === 0 ? first : next);
    for (const back of digits) sink.patch(back, plan.mark);
  }
}
