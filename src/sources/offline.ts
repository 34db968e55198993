import { resolveSettings, type SettingsShape } from '../model/settings.js';
import type { Input, AnySource } from '../model/source.js';

/**
 * A source's input for splitting stored pages into rows. That needs no credentials, so a source whose settings are not
 * there can still be replayed and verified: what is missing is filled with a placeholder that resolves nowhere.
 */
export function offlineInput(source: AnySource, environment: Record<string, string | undefined>): Input {
  const settings: SettingsShape = source.settings;
  const filled = Object.values(settings).map(({ env, fallback }) => [
    env,
    environment[env] || fallback || 'https://offline.invalid',
  ]);
  return source.input(resolveSettings(source.name, settings, Object.fromEntries(filled)));
}
