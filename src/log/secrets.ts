import type { Config } from '../config.js';
import type { AnySource } from '../model/source.js';

/** Minimum length of a secret: shorter values would hide parts of ordinary words. */
const SHORTEST = 6;
const HIDDEN = '***';

const SECRET_NAME =
  'access_token|refresh_token|id_token|client_secret|token|secret|password|passwd|pwd|api[_-]?key|authorization|cookie|signature';
/** Patterns of secrets. Log lines match none of them, except by mistake. */
const PATTERNS: readonly [RegExp, string][] = [
  [/(:\/\/)[^\s/@"']+@/g, `$1${HIDDEN}@`],
  [/(\bhttps?:\/\/[^\s"'?#]*)[?#][^\s"']*/g, `$1?${HIDDEN}`],
  [/\b(Bearer|Basic|Digest|ApiToken)\s+(?=\S*[\d=+/_.-])[\w\-.~+/=:]{6,}/gi, `$1 ${HIDDEN}`],
  [
    new RegExp(String.raw`\b((?:${SECRET_NAME})["']?\s*[=:]\s*["']?)(?!\*\*\*|Bearer |Basic )[^\s"',;&}]+`, 'gi'),
    `$1${HIDDEN}`,
  ],
];
const SECRET_FIELD = new RegExp(`^(?:[a-z0-9_-]*[_-])?(?:${SECRET_NAME})$`, 'i');

/**
 * Removes secrets from a line (JSON) before it is written. Callers log ids and counts only; this function removes secrets that
 * they log by mistake. It recognizes the secrets of the settings by value, and others by their form.
 */
export function scrubber(secrets: readonly string[]): (line: string) => string {
  const known = knownSecrets(secrets);
  const scrub = (text: string): string => {
    let clean = known ? text.replace(known, HIDDEN) : text;
    for (const [pattern, replacement] of PATTERNS) clean = clean.replace(pattern, replacement);
    return clean;
  };
  const scrubAll = (value: unknown, field = ''): unknown => {
    if (typeof value === 'string') return SECRET_FIELD.test(field) ? HIDDEN : scrub(value);
    if (Array.isArray(value)) return value.map((item) => scrubAll(item, field));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [scrub(name), scrubAll(inner, name)]));
  };
  return (line) => {
    try {
      return `${JSON.stringify(scrubAll(JSON.parse(line)))}\n`;
    } catch {
      return scrub(line);
    }
  };
}

function knownSecrets(secrets: readonly string[]): RegExp | undefined {
  const forms = secrets
    .filter((secret) => secret.length >= SHORTEST)
    .flatMap((secret) => [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]);
  if (forms.length === 0) return undefined;
  const longestFirst = [...new Set(forms)].sort((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map((form) => form.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')).join('|'), 'g');
}

/** The secret values of the settings, which must never be logged. */
export function secretsOf(config: Config, sources: readonly AnySource[]): string[] {
  const { environment, temporal, ui, mongodb, loginsPostgres, alertWebhook } = config;
  const ofSources = sources.flatMap(({ settings }) =>
    Object.values(settings).flatMap(({ env, secret }) => (secret ? [environment[env]?.trim()] : [])),
  );
  const ofLibraries = ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'].map((name) => environment[name]);
  const all = [
    ...ofSources,
    ...ofLibraries,
    temporal.apiKey,
    ui.token,
    ...passwordIn(mongodb.uri),
    ...passwordIn(loginsPostgres),
    ...pathOf(alertWebhook),
  ];
  return all.filter((value) => value !== undefined && value !== '') as string[];
}

/** The password of a connection string, as written and decoded. */
function passwordIn(uri: string | undefined): string[] {
  const password = /\/\/[^:/@]*:([^@]*)@/.exec(uri ?? '')?.[1];
  if (!password) return [];
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}

/** The path of a webhook, which is a secret: it allows anyone to use the webhook. */
function pathOf(url: string | undefined): string[] {
  if (url === undefined) return [];
  const { pathname, search, username, password } = new URL(url);
  return [`${pathname}${search}`, pathname, username, password];
}
