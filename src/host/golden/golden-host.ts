import type { KeyFinding, Reason, ForbiddenJoin } from '../identity/resolution.js';
import type { Cloud, Device, HostObservation } from '../types.js';

/** The contribution of one record to a host. */
export interface HostSource {
  /** Record id, `source:native id`. */
  record: string;
  source: string;
  vendor: string;
  first_seen?: Date;
  last_seen?: Date;
  gone?: true;
  /**
   * Paths below the host that hold this record's values; a path covers everything below it, and `*` every single-valued field
   * for which no other record is named. With `last_seen` this is each field's provenance, in a fraction of the space that a
   * source and a time per field would take. Lists name every record that contributed entries, unless the host has only one
   * record; times (`first_seen`, `last_seen` and those in `device`) cover all records and name none.
   */
  supplies: string[];
}

/** A value that did not survive although its source still lists the record. */
export interface Conflict {
  /** Path below the host, as in `supplies`. */
  path: string;
  value: string;
  /** Record id. */
  record: string;
}

/** The surviving values of a machine's records. */
export interface HostAttributes {
  /** `h` and 20 hex digits, see `hostId`. */
  _id: string;
  class: HostObservation['class'];
  device: Device;
  cloud?: Cloud;
  external_ips: string[];
  tags: string[];
  software_count?: number;
  vulnerability_count?: number;
  status?: string;
  first_seen?: Date;
  last_seen?: Date;
  /** Sorted by record id. */
  sources: HostSource[];
  /** Values of sources that differ from the host's. */
  conflicts?: Conflict[];
  /** Set when no source lists the host any more. */
  retired?: true;
}

/** Why the records belong to one machine and what they were kept apart from. Changes only when a record's identity changes. */
export interface MatchEvidence {
  /** All identity keys of the members, sorted. */
  keys: string[];
  reasons: Reason[];
  /** Joins with other hosts that a cannot-link rule forbade; at most `MOST_REFUSED`, `more_refused` counts the others. */
  refused?: ForbiddenJoin[];
  more_refused?: number;
  /** Keys that are weak or suppressed. */
  findings?: KeyFinding[];
  /** Its component has so many records that only cloud, agent, serial and UUID keys could join them. */
  oversized?: true;
}

/** The golden record of one machine. */
export interface GoldenHost extends HostAttributes, MatchEvidence {}
