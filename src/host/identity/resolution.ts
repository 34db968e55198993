/** How certain a join is, strongest first; `MATCH_LEVELS` in match-levels.ts lists what each level requires. */
export type Level =
  'decision' | 'cloud' | 'hardware' | 'mac+name' | 'mac' | 'mac+renamed' | 'name+address' | 'fqdn' | 'name';

/** One of the joins that formed a cluster; together they are a spanning tree. */
export interface Reason {
  level: Level;
  /** The keys that both records have, without suppressed and irrelevant ones, sorted; none for a decision. */
  keys: string[];
  /** Other agreements as `fact:value`: `hostname`, `ip`, `network`, `external`, `model`, `owner`; sorted. */
  facts?: string[];
  /** Record ids, the smaller first. */
  records: [string, string];
}

/** The rule that forbids a join; see `CANNOT_LINK_RULES` in cannot-link.ts. `ambiguous`: several candidates contradict each other. */
export type ForbiddenBy =
  | 'split'
  | 'class'
  | 'cloud'
  | 'serial'
  | 'uuid'
  | 'clone'
  | 'agents'
  | 'macs'
  | 'os'
  | 'manufacturer'
  | 'domain'
  | 'size'
  | 'ambiguous';

/** Two records that share keys but are kept apart. */
export interface ForbiddenJoin {
  rule: ForbiddenBy;
  /** The level that would have joined them. */
  level: Level;
  /** The shared keys that support a join, sorted. */
  keys: string[];
  /** The keys (or `fact:value`: `record`, `os`, `manufacturer`, `domain`) against the join, sorted; none for `class`, `split` and `size`. */
  against: string[];
  records: [string, string];
}

/**
 * `weak`: needs a second agreement and is no evidence against a join. `suppressed`: evidence neither for nor against a
 * join.
 */
export type KeyState = 'ok' | 'weak' | 'suppressed';

/** The state of a key; a pure function of its holders, see `keyState`. */
export interface KeyVerdict {
  state: KeyState;
  /** The number of holders, if they were counted. */
  holders?: number;
  /**
   * `holders`: more than the limit of its kind. Otherwise how holders that were active at the same time differ: in `cloud`,
   * `serial` or `uuid`, as active `agents` of one vendor, in `names` or in all their interfaces (`nics`).
   */
  why?: 'holders' | 'cloud' | 'serial' | 'uuid' | 'agents' | 'names' | 'nics';
  /** Records that contradict each other, sorted. */
  records?: string[];
}

/** A weak or suppressed key of a cluster. */
export interface KeyFinding extends KeyVerdict {
  key: string;
}

export interface ResolvedHost {
  /** Record ids, sorted. */
  members: string[];
  reasons: Reason[];
  /** Joins with other clusters that a rule forbade. */
  forbidden: ForbiddenJoin[];
  /** The weak and suppressed keys of the members, sorted. */
  findings: KeyFinding[];
  /**
   * The host's component is larger than `COMPONENT_CAP`: only cloud, agent, serial and UUID keys could join its records.
   */
  oversized?: true;
}

export interface Resolution {
  /** Each record is in exactly one cluster; clusters are sorted by their first member. */
  clusters: ResolvedHost[];
  forbidden: ForbiddenJoin[];
}

/** A user's decision about two records; of contradictory decisions, the later one (`at`, compared as text) applies. */
export interface Decision {
  kind: 'join' | 'split';
  records: readonly [string, string];
  /** Sortable as text: ISO 8601, or digits of equal length. */
  at: string;
}

export type Decisions = readonly Decision[];
