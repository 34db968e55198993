import { putLogins } from '../../store/collections/logins.js';
import type { MaskedLogin } from '../../store/documents/logins.js';
import { maskLogin } from '../mask-login.js';
import type { Dataset, NormalizedRecord } from './dataset.js';

export type NormalizedLogin = NormalizedRecord & MaskedLogin;

/** Logins: each message once; address and device are masked before anything is stored, so that equal ones stay equal. */
export const logins: Dataset<'logins', NormalizedLogin> = {
  name: 'logins',
  personal: ['ip', 'device_id'],
  settle: 'nothing',
  understand(source, { id, observation }, { index: row }, { keys }) {
    const login = maskLogin(keys.keys(), source.name, id, observation);
    return { ...login, row, hash: login.fingerprint };
  },
  put: putLogins,
  // Known ones, too: an earlier attempt may have come no further than MongoDB.
  passOn: async (outputs, records) => outputs.logins?.put(records),
};
