import type { Os } from '../types.js';

/** OCSF `os.type_id` and its caption. */
const FAMILIES: readonly [RegExp, number, string][] = [
  [/windows (?:mobile|phone)/i, 101, 'Windows Mobile'],
  [/windows/i, 100, 'Windows'],
  [/\b(?:macos|mac os|os x|darwin)\b|^mac$/i, 300, 'macOS'],
  [/\bipados\b/i, 302, 'iPadOS'],
  [/^(?:apple )?ios\b/i, 301, 'iOS'],
  [/\bandroid\b/i, 201, 'Android'],
  [
    /linux|ubuntu|debian|centos|red ?hat|\brhel\b|fedora|suse|\bsles\b|rocky|alma|alpine|photon os|bottlerocket|coreos|flatcar|container-optimized/i,
    200,
    'Linux',
  ],
  [/solaris|sunos/i, 400, 'Solaris'],
  [/\baix\b/i, 401, 'AIX'],
  [/hp-?ux/i, 402, 'HP-UX'],
];

const EDITION =
  /\b(Datacenter|Standard|Enterprise(?: LTS[BC])?|Professional|Pro|Home|Education|Essentials|Ultimate|Foundation)\b/i;
const WINDOWS = /Windows (?:Server )?(?:\d{4}(?: R2)?|\d+(?:\.\d)?|XP|Vista|NT|ME)\b/i;
const VERSIONED = /^(.*?\D)[ -]?v?(\d+(?:\.\d+)*(?:-?[a-z]\w*)?(?: SP\d+)?)(?![\d.])/i;

const cache = new Map<string, Os>();
const CACHE_LIMIT = 2_000;

/**
 * Parses an operating system from a vendor's single line: `Amazon Linux 2`, `macOS 13.3.1 (22E261)`, `Microsoft Windows
 * Server 2019 Datacenter 10.0.17763 64-bit N/A Build 17763 UBR 3232`. A fleet has few distinct lines, so results are cached.
 */
export function parseOs(line: string): Os {
  let os = cache.get(line);
  if (!os) {
    os = parse(line.slice(0, 256));
    if (cache.size >= CACHE_LIMIT) cache.clear();
    cache.set(line, os);
  }
  return { ...os };
}

/** The OCSF family of an operating system's name; 99 Other for any other name. */
export function osFamily(name: string): { type_id: number; type: string } {
  for (const [pattern, type_id, type] of FAMILIES) if (pattern.test(name)) return { type_id, type };
  return { type_id: 99, type: 'Other' };
}

function parse(line: string): Os {
  const name = line.replace(/^Microsoft /i, '');
  const family = osFamily(name);
  // A scanner's guess lists several systems, so its versions are not this machine's.
  if (name.includes(' / ') || name.includes(',')) return { name, ...family };
  if (family.type_id === 100) return { ...parseWindows(name), ...family };
  // Falcon reports a Mac's release by its marketing name: `Ventura (13)`.
  const marketing = /^([A-Z][A-Za-z ]+) \((\d[\d.]*)\)$/.exec(name);
  if (marketing && family.type_id === 99)
    return { name: `macOS ${marketing[1]}`, version: marketing[2] as string, type_id: 300, type: 'macOS' };
  const match = /^\W*\d/.test(name) ? null : VERSIONED.exec(name); // a bare number is no name
  const build = /\((\d+[A-Z]\w+)\)|\bbuild[- ](\d+)/i.exec(name);
  return {
    name: match ? (match[1] as string).replace(/[\s(,-]+$/, '') : name,
    ...family,
    ...(match ? { version: match[2] as string } : {}),
    ...(build ? { build: (build[1] ?? build[2]) as string } : {}),
  };
}

function parseWindows(line: string): Omit<Os, 'type_id'> {
  const name = WINDOWS.exec(line)?.[0] ?? line;
  const edition = EDITION.exec(line)?.[0];
  const version = /\b(?:10\.0|6\.[0-3]|5\.[0-2])(?:\.\d{3,5})?\b/.exec(line)?.[0] ?? /\bVersion (\w+)/i.exec(line)?.[1];
  const build = /\bBuild (\d+)(?: UBR (\d+))?/i.exec(line);
  const number = build ? (build[2] ? `${build[1]}.${build[2]}` : (build[1] as string)) : undefined;
  return {
    name,
    ...(edition ? { edition } : {}),
    ...(version ? { version } : {}),
    ...(number ? { build: number } : {}),
  };
}
