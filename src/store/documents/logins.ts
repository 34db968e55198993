import type { IndexDescription } from 'mongodb';
import type { AddressClass } from '../../privacy/mask.js';

/** One login message. Address and device are masked; see docs/privacy.md. It is never changed but by a rotation of keys. */
export interface LoginDoc {
  /** `source:message id` */
  _id: string;
  source: string;
  user_id: string;
  device_type: string;
  masked_ip: string;
  /** Of its IPv4 /24 or IPv6 /48. */
  masked_ip_network: string;
  ip_class: AddressClass;
  masked_device_id: string;
  locale: string | null;
  app_version: string;
  /** major * 1e6 + minor * 1e3 + patch; absent where that would not sort. */
  app_version_number?: number;
  create_date: Date;
  /** Equal for messages of a source that report the same login, as long as they are masked with the same key. */
  fingerprint: string;
  /** Id of the key of its masks. */
  key: string;
  /** The page and row that hold the message as received. */
  page: string;
  row: number;
  run: string;
  observed_at: Date;
}

/** A login, masked, before it is known which page's it is. */
export type MaskedLogin = Omit<LoginDoc, 'page' | 'row' | 'run' | 'observed_at'>;

export const loginIndexes: IndexDescription[] = [
  { key: { fingerprint: 1 } },
  { key: { masked_device_id: 1 } },
  { key: { user_id: 1, create_date: 1 } },
  { key: { key: 1 } },
];
