import { resolveSettings, type SettingsShape } from '../model/settings.js';
import type { Input, AnySource } from '../model/source.js';

/**
 * Creates a source's input for splitting stored pages into rows. That needs no credentials, so a source without its settings
 * can still be replayed and verified: missing settings get a placeholder that does not resolve.
 */
export function offlineInput(source: AnySource, environment: Record<string, string | undefined>): Input {
  const settings: SettingsShape = source.settings;
  const filled = Object.values(settings).map(({ env, fallback }) => [
    env,
    environment[env] || fallback || 'https://offline.invalid',
  ]);
  return source.input(resolveSettings(source.name, settings, Object.fromEntries(filled)));
}
