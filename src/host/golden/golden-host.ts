import type { KeyFinding, Reason, Refusal } from '../identity/resolution.js';
import type { Cloud, Device, HostObservation } from '../types.js';

/** One record's part in a host. */
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
   * that no other record is named for. With `last_seen` this is each field's provenance, in a fraction of the space that a
   * source and a time per field would take. Lists name every record that gave entries, except where there is but one
   * record; times (`first_seen`, `last_seen` and those in `device`) are over all records and name none.
   */
  supplies: string[];
}

/** A value that did not survive, though its source still lists the record. */
export interface Conflict {
  /** Path below the host, as in `supplies`. */
  path: string;
  value: string;
  /** Record id. */
  record: string;
}

/** What a machine's records say of it. */
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
  /** What sources say other than the host. */
  conflicts?: Conflict[];
  /** No source lists it any more. */
  retired?: true;
}

/** Why they are the records of one machine, and what they were kept apart from: another only where a record's identity is. */
export interface MatchEvidence {
  /** All identity keys of the members, sorted. */
  keys: string[];
  reasons: Reason[];
  /** Joins with other hosts that were refused; at most `MOST_REFUSED`, `more_refused` counts the others. */
  refused?: Refusal[];
  more_refused?: number;
  /** Keys that do not count as they normally would. */
  findings?: KeyFinding[];
  /** So many records hang together around it that only cloud, agent, serial and UUID keys could join its own. */
  oversized?: true;
}

/** The golden record of one machine. */
export interface GoldenHost extends HostAttributes, MatchEvidence {}
