import type { Store } from '../store/database.js';
import type { TemporalPlace } from './links.js';

export interface UiOptions {
  store: Store;
  /** What a visitor has to show; without it everybody who reaches the page is let in. */
  token?: string;
  /** Addresses and networks of the proxies in front of it, whose `X-Forwarded-For` is believed. */
  proxies?: readonly string[];
  temporal: TemporalPlace;
  /** Folder of the reports. */
  reportDir: string;
  /** Whether rows of this source may be shown as they were received. */
  mayShow: (source: string) => boolean;
  /** Told of what went wrong and was not foreseen. */
  onError: (error: unknown) => void;
}
