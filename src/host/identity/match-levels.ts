import { agreements, namesDiffer, type Evidence } from './evidence.js';
import { kindOf } from './facts.js';
import type { CannotLinkRule } from './cannot-link.js';
import type { Level } from './resolution.js';

/** One level of joining: the evidence that it requires, and the rules that forbid a join. */
export interface MatchLevel {
  level: Exclude<Level, 'decision'>;
  /**
   * How much two records agree at this level. 0 is not enough for a join. If candidates contradict each other, the higher
   * score is preferred.
   */
  score(evidence: Evidence): number;
  cannotLink: readonly CannotLinkRule[];
}

const HARD: readonly CannotLinkRule[] = ['class', 'cloud', 'serial', 'uuid'];
const SOFT: readonly CannotLinkRule[] = [...HARD, 'agents', 'os', 'manufacturer', 'domain'];
const NAMED: readonly CannotLinkRule[] = [...SOFT, 'macs'];

/**
 * Maximum days between the scan of an address and an agent that reports the machine after the scan, or in the opposite
 * order.
 */
const LONGEST_GAP = 60;

/**
 * The levels, strongest first. Each level joins only records that the earlier levels did not join.
 *
 * | level | requires | because |
 * |---|---|---|
 * | cloud | one instance id | AWS, Azure and GCP never assign an id twice |
 * | hardware | a serial; a UUID or agent id where the names do not differ or another value agrees; a weak one with a second agreement | read from firmware, or generated once at installation; copies of a disk or machine keep UUID and agent id |
 * | mac+name | a MAC and a name or private address, or two MACs; a weak MAC and a name | adapters move between machines, but the name does not |
 * | mac | one MAC where the names do not differ | vendor-assigned, and not seen on two machines at once |
 * | mac+renamed | one MAC: one vendor's records that follow each other, or a private address between stationary machines | see `renamed` |
 * | name+address | a name and a private address, active at the same time; a scan up to 60 days apart from an agent | successive machines reuse both, so time decides; a scanner's record ends where an agent takes over (Qualys, agent_merge_data) |
 * | fqdn | a name within a real domain, active at the same time | the name is unique in the domain at one time |
 * | name | a short name, active at the same time, and a second agreement: site, external address, model, user | a short name alone never joins |
 */
export const MATCH_LEVELS: readonly MatchLevel[] = [
  { level: 'cloud', cannotLink: ['class'], score: ({ cloud }) => cloud.length },
  {
    level: 'hardware',
    cannotLink: [...HARD, 'clone', 'agents'],
    score: ({ x, y, hard, weakHard, macs, weakMacs, sameName, sameIp }) => {
      const second = (macs.length + weakMacs.length > 0 ? 2 : 0) + (sameName ? 1 : 0) + (sameIp ? 1 : 0);
      const certain = second > 0 || !namesDiffer(x, y) || hard.some((key) => kindOf(key) === 'serial');
      if (hard.length > 0) return certain ? 10 * hard.length + second : 0;
      return weakHard.length > 0 ? second : 0;
    },
  },
  {
    level: 'mac+name',
    cannotLink: SOFT,
    score: ({ macs, weakMacs, sameName, sameIp }) => {
      const second = (sameName ? 2 : 0) + (sameIp ? 1 : 0);
      if (macs.length >= 2 || (macs.length === 1 && second > 0)) return 4 * macs.length + second;
      return weakMacs.length > 0 && sameName ? second : 0;
    },
  },
  {
    level: 'mac',
    cannotLink: SOFT,
    score: ({ macs, x, y }) => (macs.length > 0 && !namesDiffer(x, y) ? 1 : 0),
  },
  {
    level: 'mac+renamed',
    cannotLink: SOFT,
    score: (evidence) => (renamed(evidence) ? 1 : 0),
  },
  {
    level: 'name+address',
    cannotLink: NAMED,
    score: (evidence) => {
      if (!evidence.nameIp || evidence.successor) return 0;
      if (evidence.together) return 2;
      return isScan(evidence) && evidence.gap <= LONGEST_GAP ? 1 : 0;
    },
  },
  {
    level: 'fqdn',
    cannotLink: NAMED,
    score: ({ fqdn, sameIp, together, successor }) => (fqdn && together && !successor ? (sameIp ? 2 : 1) : 0),
  },
  {
    level: 'name',
    cannotLink: NAMED,
    score: (evidence) =>
      evidence.sameName && evidence.name && !evidence.successor && evidence.together
        ? agreements(evidence).length - 1
        : 0,
  },
];

/** Whether one record is a network scan of an address instead of an agent on the machine. */
function isScan({ x, y }: Evidence): boolean {
  return !x.agent || !y.agent;
}

/**
 * Whether the records have one interface under two names. An adapter moves from laptop to laptop together with its leased
 * address, so laptops are ambiguous; a server keeps both, and successive records of one vendor are one agent that was
 * reinstalled.
 */
function renamed({ x, y, macs, rivalMacs, sameIp, together, successor }: Evidence): boolean {
  if (macs.length > 0 && successor && !together) return true;
  return macs.length + rivalMacs > 0 && sameIp && isFixed(x) && isFixed(y);
}

/** OCSF `device.type_id` of a server, desktop or virtual machine. */
function isFixed({ record }: Evidence['x']): boolean {
  const { type_id: type } = record.observation.device;
  return type === 1 || type === 2 || type === 6;
}
