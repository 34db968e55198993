import type { Credentials } from './credentials.js';
import { CMDB } from './protocols/cmdb.js';

export interface Place {
  url: string;
  regionUrl: string;
  credentials: Credentials;
  /** Page size for the take-home style API, records. */
  demoPage: number;
}

/** Returns the environment variables with which the sources use a simulator. */
export function environmentOf({ url, regionUrl, credentials, demoPage }: Place): Record<string, string> {
  return {
    QUALYS_DEMO_URL: url,
    QUALYS_DEMO_TOKEN: credentials.demoToken,
    QUALYS_DEMO_PAGE_SIZE: String(demoPage),
    CROWDSTRIKE_DEMO_URL: url,
    CROWDSTRIKE_DEMO_TOKEN: credentials.demoToken,
    CROWDSTRIKE_DEMO_PAGE_SIZE: String(demoPage),
    QUALYS_URL: url,
    QUALYS_USERNAME: credentials.qualysUser,
    QUALYS_PASSWORD: credentials.qualysPassword,
    CROWDSTRIKE_URL: url,
    CROWDSTRIKE_CLIENT_ID: credentials.clientId,
    CROWDSTRIKE_CLIENT_SECRET: credentials.clientSecret,
    CROWDSTRIKE_REGION_HOSTS: new URL(regionUrl).host,
    // For a source `cmdb`, which the reader of docs/tour.md adds.
    CMDB_URL: `${url}${CMDB}`,
    CMDB_TOKEN: credentials.demoToken,
  };
}
