import { putLogins } from '../../store/collections/logins.js';
import type { MaskedLogin } from '../../store/documents/logins.js';
import { maskLogin } from '../mask-login.js';
import type { Dataset, NormalizedRecord } from './dataset.js';

export type NormalizedLogin = NormalizedRecord & MaskedLogin;

/** Logins: one record per message. Address and device are masked before storing; equal values get equal masks. */
export const logins: Dataset<'logins', NormalizedLogin> = {
  name: 'logins',
  personal: ['ip', 'device_id'],
  afterNormalizing: 'nothing',
  toRecord(source, { id, observation }, { index: row }, { keys }) {
    const login = maskLogin(keys.keys(), source.name, id, observation);
    return { ...login, row, hash: login.fingerprint };
  },
  put: putLogins,
  // Includes records that MongoDB already has, because an earlier attempt may have failed after writing to MongoDB.
  passOn: async (outputs, records) => outputs.logins?.put(records),
};
