/** The conditions of a search; a host must meet all of them. */
export interface HostQuery {
  /** Prefix of a name, an address, a MAC, a serial number or an id. */
  text?: string;
  /** A source that lists the host. */
  source?: string;
  /** A source that does not list the host. */
  lacks?: string;
  /** `device.os.name` */
  os?: string;
  /** `device.type` */
  type?: string;
  provider?: string;
  account?: string;
  region?: string;
  status?: string;
  /** The name of an agent on the host. */
  agent?: string;
  /** Not seen for this number of days. */
  staleDays?: number;
  /** Only hosts that no source lists any more; if absent, only hosts that a source lists. */
  retired?: boolean;
}
