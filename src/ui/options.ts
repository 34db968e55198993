import type { Store } from '../store/database.js';
import type { WebUi } from '../temporal/web-ui.js';

export interface UiOptions {
  store: Store;
  /** The token that visitors must enter; without a token, every visitor who can reach the page is admitted. */
  token?: string;
  /** Addresses and networks of trusted proxies, whose `X-Forwarded-For` is used. */
  proxies?: readonly string[];
  temporal: WebUi & { taskQueue: string };
  /** Folder of the reports. */
  reportDir: string;
  /** Whether raw rows of this source may be shown. */
  mayShow: (source: string) => boolean;
  /** Called for unexpected errors. */
  onError: (error: unknown) => void;
}
