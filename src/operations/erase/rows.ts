import { datasetOf } from '../../normalize/datasets/index.js';
import type { NormalizedLogin } from '../../normalize/datasets/logins.js';
import { storedRows } from '../../sources/decode.js';
import { RecordRejected } from '../../model/source.js';
import { SET_ASIDE } from '../../normalize/deaths.js';
import type { Redacting, ErasedRow } from './raw.js';
import type { Subject } from './subject.js';
import type { PageDoc } from '../../store/documents/pages.js';
import { redactionMarker } from '../../model/erased.js';
import { readPage } from '../../normalize/page.js';
import type { NormalizerContext } from '../../normalize/context.js';

/** Finds a subject's rows by reading pages like the normalizer: by record id, and for logins by user. */
export function redactingOf(subject: Subject, context: NormalizerContext): Redacting {
  const { sources, keys } = context;
  const rowsOf = (name: string, page: PageDoc, body: Buffer): ErasedRow[] => {
    const source = sources.get(name);
    const natives = subject.natives.get(name) ?? new Set();
    const mentions = mentioning([...natives, ...(subject.user === undefined ? [] : [subject.user])]);
    // Pages that were set aside are not mapped, because that would end this process. Their rows are searched as text.
    const reader = page.outcome?.set_aside ? { ...source, map: rejectRow } : source;
    const { normalized, rejected } = readPage(reader, page, body, context);
    const own = new Map<number, string>();
    for (const record of normalized) {
      const id = record._id.slice(name.length + 1);
      const ofUser = datasetOf(source).name === 'logins' && (record as NormalizedLogin).user_id === subject.user;
      if (natives.has(id) || ofUser) own.set(record.row, id);
    }
    const found: ErasedRow[] = [];
    for (const { row, offset, length, recordId } of rejected) {
      // A row that could not be read counts as a row of the subject if it contains one of the subject's ids.
      if ((recordId !== undefined && natives.has(recordId)) || mentions(body.subarray(offset, offset + length)))
        found.push({ index: row, offset, length });
    }
    if (own.size > 0) {
      for (const { index, offset, length } of storedRows(source, page, body)) {
        const id = own.get(index);
        if (id !== undefined) found.push({ index, offset, length, id });
      }
    }
    return found;
  };
  return { rowsOf, blank: redactionMarker, keys: () => keys.keys() };
}

const rejectRow = (): never => {
  throw new RecordRejected(SET_ASIDE);
};

/** Returns a function that tests whether bytes contain one of these texts as a whole word. */
function mentioning(texts: readonly string[]): (bytes: Buffer) => boolean {
  const escaped = texts.filter(Boolean).map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  if (escaped.length === 0) return () => false;
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}_-])(?:${escaped.join('|')})(?![\\p{L}\\p{N}_-])`, 'u');
  return (bytes) => pattern.test(bytes.toString('utf8'));
}
