import type { KeyFinding, Reason, ForbiddenJoin } from '../identity/resolution.js';
import type { Device, HostObservation } from '../types.js';
import type { HOST_RULES } from './survivorship-rules.js';

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
   * Paths below the host whose values come from this record. A path covers everything below it, and `*` covers every
   * single-valued field that no other record supplies. Together with `last_seen`, this is the provenance of each field; a
   * source and a time per field would take much more space. The path of a list is in every record that contributed entries,
   * unless the host has only one record. Times (`first_seen`, `last_seen` and the times in `device`) are computed over all
   * records, so no record has their paths.
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

/** The surviving values of a machine's records: `device`, the fields of `HOST_RULES`, and what is computed over all records. */
export interface HostAttributes extends Pick<HostObservation, keyof typeof HOST_RULES> {
  /** `h` and 20 hex digits, see `hostId`. */
  _id: string;
  class: HostObservation['class'];
  device: Device;
  external_ips: string[];
  tags: string[];
  first_seen?: Date;
  last_seen?: Date;
  /** Sorted by record id. */
  sources: HostSource[];
  /** Values of sources that differ from the host's. */
  conflicts?: Conflict[];
  /** Set when no source lists the host any more. */
  retired?: true;
}

/**
 * Why the records belong to one machine, and which joins with other hosts were forbidden. Changes only when a record's
 * identity changes.
 */
export interface MatchEvidence {
  /** All identity keys of the members, sorted. */
  keys: string[];
  reasons: Reason[];
  /** Joins with other hosts that a cannot-link rule forbade; at most `MOST_FORBIDDEN_JOINS`, `more_forbidden_joins` counts the others. */
  forbidden_joins?: ForbiddenJoin[];
  more_forbidden_joins?: number;
  /** Keys that are weak or suppressed. */
  findings?: KeyFinding[];
  /** The host's component has so many records that only cloud, agent, serial and UUID keys could join them. */
  oversized?: true;
}

/** The golden record of one machine. */
export interface GoldenHost extends HostAttributes, MatchEvidence {}
