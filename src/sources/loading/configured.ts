import type { AnySource } from '../../model/source.js';

/** Whether every setting that a source requires is there. */
export function isConfigured(source: AnySource, environment: Record<string, string | undefined>): boolean {
  const required = Object.values(source.settings).filter(({ fallback }) => fallback === undefined);
  return required.every(({ env }) => environment[env]?.trim());
}
