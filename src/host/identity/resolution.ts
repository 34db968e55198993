/** How sure a join is, strongest first; see `MATCH_LEVELS` in tiers.ts for what each takes. */
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

/** What forbids a join; see `CANNOT_LINK_RULES` in vetoes.ts. `ambiguous`: several candidates that contradict each other. */
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
  /** Its component is larger than `COMPONENT_CAP`: cloud, agent, serial and UUID keys alone could join its records. */
  oversized?: true;
}

export interface Resolution {
  /** Each record is in exactly one cluster; clusters are sorted by their first member. */
  clusters: ResolvedHost[];
  refused: Refusal[];
}

/** What a person decided about two records; of two that contradict each other the later one (`at`, as text) counts. */
export interface Decision {
  kind: 'join' | 'split';
  records: readonly [string, string];
  /** Sortable as text: ISO 8601, or digits of equal length. */
  at: string;
}

export type Decisions = readonly Decision[];
