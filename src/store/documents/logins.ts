import type { AddressClass } from '../../privacy/mask.js';

/** One login message. Address and device are masked; see docs/privacy.md. Only a key rotation changes it. */
export interface LoginDoc {
  /** `source:message id` */
  _id: string;
  source: string;
  user_id: string;
  device_type: string;
  masked_ip: string;
  /** Mask of its IPv4 /24 or IPv6 /48 network. */
  masked_ip_network: string;
  ip_class: AddressClass;
  masked_device_id: string;
  locale: string | null;
  app_version: string;
  /** major * 1e6 + minor * 1e3 + patch; absent if the version has another form. */
  app_version_number?: number;
  create_date: Date;
  /** Equal for messages of a source that report the same login, if they are masked with the same key. */
  fingerprint: string;
  /** Id of the key that it is masked with. */
  key: string;
  /** Page and row of the message as received. */
  page: string;
  row: number;
  run: string;
  observed_at: Date;
}

/** A masked login without its page. */
export type MaskedLogin = Omit<LoginDoc, 'page' | 'row' | 'run' | 'observed_at'>;
