import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceDefinition } from '../../src/model/source.js';

const CONFIG = join(__dirname, '../../src/config.ts');

/**
 * The environment variables that `src/config.ts` declares, read from its text because the schema is private to the
 * file.
 */
export function configVariables(): string[] {
  const schema = /z\.object\(\{\n(.*?)\n\}\);/s.exec(readFileSync(CONFIG, 'utf8'))?.[1] ?? '';
  return [...schema.matchAll(/^ {2}([A-Z][A-Z0-9_]+):/gm)].map(([, name]) => name!);
}

/** The environment variables of one source: those of its settings and the one of its schedule. */
export function sourceVariables(source: SourceDefinition): string[] {
  const schedule = `ROLLCALL_SCHEDULE_${source.name.toUpperCase().replaceAll('-', '_')}`;
  return [...Object.values(source.settings).map(({ env }) => env), schedule];
}
