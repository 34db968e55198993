import type { IndexDescription } from 'mongodb';

/**
 * The index by which merging finds the records that have a key. Each record has about seven keys, so updating it costs more than
 * all other indexes of a record. It does not exist until the first merge of an inventory has ended, because building it once
 * takes a fifth of that time (`key-index.ts`).
 */
export const KEY_INDEX = { key: { keys: 1 } } as const satisfies IndexDescription;

/**
 * The indexes of each collection in addition to the one on `_id`. A worker creates missing ones when it starts, except
 * `KEY_INDEX` for an empty inventory. Indexes that only searches need are in `search/fields.ts`.
 */
export const INDEXES = {
  bodies: [
    { key: { key: 1 }, partialFilterExpression: { key: { $exists: true } } },
    { key: { pending_deletion: 1 }, partialFilterExpression: { pending_deletion: { $exists: true } } },
  ],
  pages: [
    { key: { run: 1, source: 1, seq: 1 } },
    { key: { source: 1, digest: 1, run: 1 } },
    { key: { source: 1, fetched_at: -1 } },
    {
      key: { 'unmerged.plan': 1, 'unmerged.records': 1 },
      partialFilterExpression: { 'unmerged.plan': { $exists: true } },
    },
    { key: { 'outcome.overflow': 1 }, partialFilterExpression: { 'outcome.overflow': { $gt: 0 } } },
  ],
  records: [
    KEY_INDEX,
    { key: { dirty: 1, _id: 1 }, partialFilterExpression: { dirty: true } },
    { key: { source: 1, gone_at: 1 }, partialFilterExpression: { gone_at: { $exists: true } } },
    { key: { 'set_aside.at': 1 }, partialFilterExpression: { 'set_aside.at': { $exists: true } } },
  ],
  hosts: [
    { key: { 'sources.record': 1 } },
    { key: { 'device.hostname': 1 } },
    { key: { last_seen: -1 } },
    { key: { retired: 1 }, partialFilterExpression: { retired: true } },
  ],
  redirects: [{ key: { to: 1 } }],
  changes: [{ key: { host: 1, _id: 1 } }],
  mergeParts: [{ key: { plan: 1, seq: 1 } }],
  decisions: [{ key: { records: 1 } }],
  quarantine: [{ key: { source: 1, reason: 1 } }],
  runs: [{ key: { started_at: -1 } }],
  logins: [
    { key: { fingerprint: 1 } },
    { key: { masked_device_id: 1 } },
    { key: { user_id: 1, create_date: 1 } },
    { key: { key: 1 } },
  ],
  audit: [{ key: { at: 1 } }],
  alerts: [
    { key: { next_at: 1 }, sparse: true },
    { key: { at: 1 }, expireAfterSeconds: 400 * 86_400 },
  ],
  events: [{ key: { '_id.source': 1, category: 1, value: 1 } }],
} as const satisfies Record<string, readonly IndexDescription[]>;
