import { inTransaction } from '../store/transaction.js';
import { explainHost, whyOrWhyNot } from '../host/identity/explain.js';
import { keyState, limitOf } from '../host/identity/key-state.js';
import type { KeyFinding, KeyVerdict } from '../host/identity/resolution.js';
import { AffectedSetBuilder } from './affected-set-builder.js';
import { affectedSetOf } from './affected.js';
import type { Store } from '../store/database.js';
import type { HostDoc } from '../store/documents/hosts.js';
import { affectedSetOfLarge } from './large-components.js';
import { toHostRecord } from './records.js';

/** Explains a host: why its records were joined and which records were kept apart. Returns one sentence for each reason. */
export async function explainStored(store: Store, host: HostDoc): Promise<string[]> {
  const { reasons, forbidden_joins: forbidden = [], more_forbidden_joins: more, findings = [], oversized } = host;
  const sentences = explainHost({
    reasons,
    forbidden,
    findings: await detailed(store, findings),
    ...(oversized ? { oversized } : {}),
  });
  if (more) sentences.push(`It is kept apart from ${more} more records that share a key with it.`);
  return sentences;
}

/**
 * Explains why two records are or are not one host, from their current content, even if they have not been merged yet. Throws a
 * `RangeError` when one of them does not exist.
 */
export async function explainPair(store: Store, a: string, b: string): Promise<{ one: boolean; sentences: string[] }> {
  const affected = await inTransaction(store, async (session) => {
    const both = await store.records.find({ _id: { $in: [a, b] } }, { session }).toArray();
    const affected = await affectedSetOf(store, session, both);
    if (both.every(({ _id }) => affected.records.has(_id))) return affected;
    return affectedSetOfLarge(await AffectedSetBuilder.open(store, session), both);
  });
  const records = [...affected.records.values()].map(toHostRecord);
  const states = new Map<string, KeyVerdict>(affected.states);
  const [x, y] = [a, b].map((id) => affected.records.get(id)?.keys ?? []);
  const shared = x!.filter((key) => y!.includes(key) && states.has(key));
  for (const { key, ...verdict } of await detailed(
    store,
    shared.map((key) => ({ key, ...states.get(key)! })),
  ))
    states.set(key, verdict);
  return whyOrWhyNot(a, b, records, states, [...affected.decisions.values()], affected.oversized);
}

/**
 * Adds the current holders of each key to the findings. Hosts do not store them, because holders change without changing the
 * host.
 */
async function detailed(store: Store, findings: readonly KeyFinding[]): Promise<KeyFinding[]> {
  return Promise.all(
    findings.map(async (finding) => {
      const { key, why } = finding;
      if (why === 'holders') return { ...finding, holders: await store.records.countDocuments({ keys: key }) };
      const holders = await store.records
        .find({ keys: key })
        .limit(limitOf(key) + 1)
        .toArray();
      return { key, ...keyState(key, holders.map(toHostRecord)) };
    }),
  );
}
