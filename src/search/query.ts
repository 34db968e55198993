/** What is asked for; all that is given has to agree. */
export interface HostQuery {
  /** The beginning of a name, an address, a MAC, a serial number or an id. */
  text?: string;
  /** A source that lists it. */
  source?: string;
  /** A source that does not list it. */
  lacks?: string;
  /** `device.os.name` */
  os?: string;
  /** `device.type` */
  type?: string;
  provider?: string;
  account?: string;
  region?: string;
  status?: string;
  /** The name of an agent that it has. */
  agent?: string;
  /** Not seen for so many days. */
  staleDays?: number;
  /** Only those that no source lists any more; without it only the others. */
  retired?: boolean;
}
