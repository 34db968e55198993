import { datasetOf } from '../../normalize/datasets/index.js';
import { fingerprintOf, openKeyRing } from '../../privacy/key-ring.js';
import { sealKeys } from '../../operations/rekey/bodies.js';
import { isPartlySet, settingLines } from '../source/settings.js';
import { attention, ok, type Check } from './check.js';

/** Checks that the key ring is readable by its owner only, well-formed, and holds every key that stored data needs. */
export const keysCheck: Check = {
  group: 'Key ring',
  run({ config, sources: { registry } }) {
    if (config.keyRing !== undefined) {
      // Throws a `Failure` with remedy if the file's mode or content is wrong.
      const keys = openKeyRing(config.keyRing).keys();
      const count = keys.ids.length === 1 ? 'one key' : `${keys.ids.length} keys`;
      return Promise.resolve([
        ok(`${count}, current ${keys.current} (fingerprint ${fingerprintOf(keys, keys.current)})`),
      ]);
    }
    const needing = registry
      .all()
      .filter(
        (source) => datasetOf(source).personal.length > 0 && isPartlySet(settingLines(source, config.environment)),
      )
      .map(({ name }) => name);
    if (needing.length === 0) return Promise.resolve([ok('None is needed: no source of personal data is configured')]);
    return Promise.resolve([
      attention(
        `There is none, and ${needing.join(', ')} needs one`,
        'npm run rollcall -- mask new FILE, and set ROLLCALL_KEY_RING=FILE',
      ),
    ]);
  },
};

export const neededKeysCheck: Check = {
  group: 'Keys of stored data',
  async run({ config, store }) {
    const open = await store();
    const needed = [
      ...new Set([...((await open.logins.distinct('key')) as string[]), ...(await sealKeys(open))]),
    ].sort();
    if (needed.length === 0) return [ok('None is needed: nothing is masked or sealed')];
    const remedy =
      'Set ROLLCALL_KEY_RING to the ring that has them, or restore it from its backup: without it they are lost';
    if (config.keyRing === undefined)
      return [attention(`${needed.join(', ')} are needed, and there is no key ring`, remedy)];
    const keys = openKeyRing(config.keyRing).keys();
    const missing = needed.filter((id) => !keys.has(id));
    if (missing.length > 0)
      return [attention(`Not in the ring, but needed by stored data: ${missing.join(', ')}`, remedy)];
    const old = needed.filter((id) => id !== keys.current);
    if (old.length === 0) return [ok(`All that is stored needs ${keys.current}, which is in the ring`)];
    return [
      attention(
        `Some of what is stored still needs an older key: ${old.join(', ')}`,
        'npm run rollcall -- mask rotate --no-new-key moves it to the current one',
      ),
    ];
  },
};
