/**
 * The canonical host: OCSF `device` names and enums (schema 1.8, objects `device`, `endpoint`, `os`, `device_hw_info`,
 * `network_interface`, `agent`), wrapped with what OCSF has no place for. Times are `Date` (UTC, milliseconds).
 * Absent values are absent keys: never `null`, never an empty string.
 */
export interface Os {
  name: string;
  /** 0 Unknown, 100 Windows, 101 Windows Mobile, 200 Linux, 201 Android, 300 macOS, 301 iOS, 302 iPadOS, 400 Solaris, 401 AIX, 402 HP-UX, 99 Other */
  type_id: number;
  type?: string;
  version?: string;
  build?: string;
  edition?: string;
  kernel_release?: string;
}

export interface HardwareInfo {
  bios_date?: string;
  bios_manufacturer?: string;
  bios_ver?: string;
  chassis?: string;
  cpu_count?: number;
  cpu_type?: string;
  /** Megabytes. */
  ram_size?: number;
  serial_number?: string;
  /** Lower-case with dashes, in the byte order the vendor reports. */
  uuid?: string;
}

export interface NetworkInterface {
  name?: string;
  hostname?: string;
  /** Canonical text (RFC 5952 for IPv6). */
  ip?: string;
  /** Lower-case with colons. */
  mac?: string;
}

export interface Agent {
  /** 1 EDR, 5 Vulnerability Management, 7 MDM, 8 Configuration Management, 9 Remote Access, 99 Other */
  type_id: number;
  type?: string;
  name: string;
  vendor_name: string;
  uid?: string;
  version?: string;
}

export interface Device {
  /** 0 Unknown, 1 Server, 2 Desktop, 3 Laptop, 4 Tablet, 5 Mobile, 6 Virtual, 7 IOT, 9 Firewall, 10 Switch, 12 Router, 99 Other */
  type_id: number;
  type?: string;
  name?: string;
  /** Lower-case, without trailing dot, as full as the source tells it. */
  hostname?: string;
  domain?: string;
  ip?: string;
  mac?: string;
  network_interfaces?: NetworkInterface[];
  os?: Os;
  hw_info?: HardwareInfo;
  vendor_name?: string;
  model?: string;
  agent_list?: Agent[];
  instance_uid?: string;
  image?: { uid: string };
  region?: string;
  zone?: string;
  vpc_uid?: string;
  subnet_uid?: string;
  org?: { ou_name?: string };
  owner?: { name: string };
  groups?: { uid: string; name?: string }[];
  is_managed?: boolean;
  created_time?: Date;
  first_seen_time?: Date;
  last_seen_time?: Date;
  modified_time?: Date;
  boot_time?: Date;
}

export interface Cloud {
  /** `aws`, `azure`, `gcp`, … lower-case. */
  provider: string;
  account?: { uid: string };
  project_uid?: string;
}

/** What one source says about one machine, in canonical form. */
export interface HostObservation {
  device: Device;
  cloud?: Cloud;
  /** `pod` and `container` report their node's identifiers: they never merge with machines. */
  class: 'machine' | 'pod' | 'container';
  external_ips: string[];
  tags: string[];
  software_count?: number;
  vulnerability_count?: number;
  /** Operational state as the vendor words it (`normal`, `contained`, `STATUS_ACTIVE`, `RUNNING`). */
  status?: string;
}

/** Paths below `HostObservation` that only tell time: they are not part of the content hash. */
export const VOLATILE_DEVICE_FIELDS = ['last_seen_time', 'modified_time', 'boot_time'] as const;

/** A record as identity resolution and survivorship see it. */
export interface HostRecord {
  /** `source:native id` */
  id: string;
  source: string;
  /** Lower-case vendor name; agent ids are unique inside it. */
  vendor: string;
  observation: HostObservation;
  /** Identity keys `kind:scope:value`, see keys.ts. */
  keys: string[];
  /** The source no longer lists it (a complete listing did not hold it). */
  gone: boolean;
}

/** How sure a join is, strongest first; see `TIERS` in tiers.ts for what each takes. */
export type Level =
  'decision' | 'cloud' | 'hardware' | 'mac+name' | 'mac' | 'mac+renamed' | 'name+address' | 'fqdn' | 'name';

/** One of the joins that made a cluster: together they span it. */
export interface Reason {
  level: Level;
  /** The keys that both records hold and that were neither cut nor beside the point, sorted; none for a decision. */
  keys: string[];
  /** What else agreed, as `fact:value`: `hostname`, `ip`, `network`, `external`, `model`, `owner`; sorted. */
  facts?: string[];
  /** Record ids, the smaller first. */
  records: [string, string];
}

/** What forbids a join; see `VETOES` in vetoes.ts. `ambiguous`: several candidates that contradict each other. */
export type RefusedBy =
  | 'split'
  | 'class'
  | 'cloud'
  | 'serial'
  | 'uuid'
  | 'clone'
  | 'agents'
  | 'macs'
  | 'os'
  | 'maker'
  | 'domain'
  | 'size'
  | 'ambiguous';

/** Two records that agree in something and are held apart all the same. */
export interface Refusal {
  rule: RefusedBy;
  /** The level that would have joined them. */
  level: Level;
  /** The shared keys that spoke for a join, sorted. */
  keys: string[];
  /** The keys (or `fact:value`: `record`, `os`, `maker`, `domain`) that spoke against it, sorted; none for `class`, `split` and `size`. */
  against: string[];
  records: [string, string];
}

/** `weak`: needs a second agreement and says nothing against a join. `cut`: counts neither for nor against one. */
export type KeyState = 'ok' | 'weak' | 'cut';

/** What a key's holders say about it; a pure function of them, see `keyState`. */
export interface KeyVerdict {
  state: KeyState;
  /** How many there are, where they have been counted. */
  holders?: number;
  /**
   * `holders`: more than its kind allows. Otherwise how holders that were alive at the same time differ: in `cloud`, `serial`
   * or `uuid`, as live `agents` of one vendor, in `names` or in all their interfaces (`nics`).
   */
  why?: 'holders' | 'cloud' | 'serial' | 'uuid' | 'agents' | 'names' | 'nics';
  /** Records that contradict each other, sorted. */
  records?: string[];
}

/** A key of a cluster that does not count as it normally would. */
export interface KeyFinding extends KeyVerdict {
  key: string;
}

export interface ResolvedHost {
  /** Record ids, sorted. */
  members: string[];
  reasons: Reason[];
  /** Joins with other clusters that were refused. */
  refused: Refusal[];
  /** Its members' weak and cut keys, sorted. */
  findings: KeyFinding[];
}

export interface Resolution {
  /** Each record is in exactly one cluster; clusters are sorted by their first member. */
  clusters: ResolvedHost[];
  refused: Refusal[];
  /** Components beyond `COMPONENT_CAP`, which were resolved by strong keys alone: how many records, and the first one's id. */
  oversized: { records: number; first: string }[];
}

/** What a person decided about two records; of two that contradict each other the later one (`at`, as text) counts. */
export interface Decision {
  kind: 'join' | 'split';
  records: readonly [string, string];
  /** Sortable as text: ISO 8601, or digits of equal length. */
  at: string;
}

export type Decisions = readonly Decision[];

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

/** The golden record of one machine. */
export interface GoldenHost {
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
  /** All identity keys of the members, sorted. */
  keys: string[];
  reasons: Reason[];
  /** Joins with other hosts that were refused; at most `MOST_REFUSED`, `more_refused` counts the others. */
  refused?: Refusal[];
  more_refused?: number;
  /** Keys that do not count as they normally would. */
  findings?: KeyFinding[];
  /** What sources say other than the host. */
  conflicts?: Conflict[];
  /** No source lists it any more. */
  retired?: true;
}
