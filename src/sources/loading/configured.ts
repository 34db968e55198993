import type { AnySource } from '../../model/source.js';

/** Whether every required setting of a source is set. */
export function isConfigured(source: AnySource, environment: Record<string, string | undefined>): boolean {
  const required = Object.values(source.settings).filter(({ fallback }) => fallback === undefined);
  return required.every(({ env }) => environment[env]?.trim());
}
