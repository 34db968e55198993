import type { Store } from '../store/database.js';
import type { TemporalLink } from './links.js';

export interface UiOptions {
  store: Store;
  /** The token that visitors must enter; without it everyone who reaches the page is admitted. */
  token?: string;
  /** Addresses and networks of trusted proxies, whose `X-Forwarded-For` is used. */
  proxies?: readonly string[];
  temporal: TemporalLink;
  /** Folder of the reports. */
  reportDir: string;
  /** Whether raw rows of this source may be shown. */
  mayShow: (source: string) => boolean;
  /** Called for unexpected errors. */
  onError: (error: unknown) => void;
}
