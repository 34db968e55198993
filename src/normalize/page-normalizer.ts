import { datasetOf } from './datasets/index.js';
import { isRelisted, type AnySource, type Row } from '../model/source.js';
import { getBody } from '../store/collections/bodies.js';
import { noteListed, noteOverflow } from '../store/collections/pages.js';
import type { PageDoc, PageOutcome } from '../store/documents/pages.js';
import { putIds } from '../store/collections/page-ids.js';
import { originOf, putRejected } from '../store/collections/quarantine.js';
import { leaveQuarantineNormalized } from '../store/release.js';
import { addSample } from '../store/collections/schemas.js';
import { readCarefully, type ReadObserver } from './careful.js';
import { withLocation } from './errors.js';
import { isEmptyInventory, putFirst } from './first-load.js';
import { lastOfEach, readPage, type ReadPage } from './page.js';
import { putRecordsOf } from './put-records.js';
import type { NormalizedRecord } from './datasets/dataset.js';
import type { NormalizedRecord as HostRecord } from '../store/collections/records.js';
import { withoutUnstorable } from './unstorable-rows.js';
import type { NormalizerContext } from './context.js';
import type { NormalizeInput } from './normalized.js';
import { SchemaSampler } from './schema-drift.js';
import { contentDigest, outcomeOfSameBytes, stillHolds } from './unchanged-pages.js';

/** The data of a page that are read ahead, while the previous page is mapped. */
export interface Prepared {
  body?: Buffer | undefined;
  /** Outcome of an earlier page with the same bytes. */
  earlier?: PageOutcome;
}

/** Writes the records and the rejected rows of a page. */
type Write = () => Promise<PageOutcome>;

/**
 * Normalizes the pages of one source, one after the other, each in three steps: `prepare`, `read`, and the write that
 * `read` returns.
 */
export class PageNormalizer {
  private readonly schema = new SchemaSampler();
  private readonly version: string;
  private readonly replay: boolean;
  /** Whether a later run can receive a page with the same bytes. */
  private readonly relisted: boolean;

  private constructor(
    private readonly context: NormalizerContext,
    private readonly input: NormalizeInput,
    private readonly observer: ReadObserver,
    private readonly source: AnySource,
    /** Until the source's first complete listing most records are new, so they are inserted without a lookup. */
    private readonly known: boolean,
    /** Whether any row of the source is in quarantine. */
    private quarantined: boolean,
    /** The source's first listing is loaded into an inventory without hosts. */
    private readonly first: boolean,
  ) {
    this.version = context.versionOf(source.name);
    this.replay = input.pages !== input.run;
    this.relisted = isRelisted(source);
  }

  static async open(
    context: NormalizerContext,
    input: NormalizeInput,
    observer: ReadObserver,
  ): Promise<PageNormalizer> {
    const { store, sources } = context;
    const source = sources.get(input.source);
    const quarantined = await store.quarantine.findOne({ source: source.name }, { projection: { _id: 1 } });
    const state = await store.sources.findOne({ _id: source.name }, { projection: { last_complete: 1 } });
    const known = state?.last_complete !== undefined;
    const first = !known && input.pages === input.run && source.dataset === 'hosts' && (await isEmptyInventory(store));
    return new PageNormalizer(context, input, observer, source, known, quarantined !== null, first);
  }

  async prepare(page: PageDoc | undefined): Promise<Prepared> {
    if (!page || page.rows === 0 || this.isDone(page)) return {};
    const { store } = this.context;
    const earlier =
      this.replay || !this.known || !this.relisted ? undefined : await outcomeOfSameBytes(store, page, this.version);
    return earlier ? { earlier } : { body: await this.bodyOf(page) };
  }

  /**
   * Reads and maps a page. `before`: the write of the previous page. Takes the body out of `prepared`, so that it is not in memory
   * any more while the page is written.
   */
  async read(page: PageDoc, prepared: Prepared, before: Promise<void>): Promise<Write> {
    if (this.isDone(page)) return () => Promise.resolve(page.outcome!);
    const { earlier } = prepared;
    if (earlier) {
      // The previous page may change the same records.
      await before;
      if (await stillHolds(this.context.store, page, earlier)) {
        const unchanged = { ...earlier, at: new Date(), new: 0, changed: 0, unchanged: earlier.ids.length };
        return () => this.putOutcome(page, unchanged);
      }
    }
    if (earlier) prepared.body = await this.bodyOf(page);
    return this.writeOf(page, await this.map(page, prepared));
  }

  /** A function of its own, so that the returned function refers only to these values. */
  private writeOf(page: PageDoc, read: ReadPage): Write {
    return () => this.write(page, read);
  }

  async close(): Promise<void> {
    const { run, source } = this.input;
    if (!this.replay) await addSample(this.context.store, source, run, this.schema);
  }

  private isDone(page: PageDoc): boolean {
    return page.outcome !== undefined && !this.replay;
  }

  private bodyOf(page: PageDoc): Promise<Buffer | undefined> {
    const { store, keys } = this.context;
    return getBody(store, page.digest, page.bytes, () => keys.keys());
  }

  private async map(page: PageDoc, prepared: Prepared): Promise<ReadPage> {
    const { context, source, observer } = this;
    let row: number | undefined;
    const observe = (now: Row) => {
      row = now.index;
      observer.row();
      return this.schema.add(now);
    };
    try {
      return await readCarefully(context.store, page, this.input.attempt ?? 1, observer, () =>
        readPage(source, page, taken(prepared), context, observe),
      );
    } catch (error) {
      throw withLocation(error, { page: page.seq, ...(row === undefined ? {} : { row }) });
    }
  }

  private async write(page: PageDoc, read: ReadPage): Promise<PageOutcome> {
    const { source } = this;
    const { store, outputs } = this.context;
    const dataset = datasetOf(source);
    const origin = { ...originOf(page, this.input.run), vendor: source.vendor };
    const latest = lastOfEach(read.normalized);
    if (this.first) {
      const outcome = this.outcomeOf(read, latest, { new: latest.length, changed: 0, unchanged: 0 });
      const stored = await putFirst(store, page, origin, latest as HostRecord[], {
        ...outcome,
        overflow: await this.putRejected(page, read),
      });
      if (stored) return stored;
    }
    const put = await putRecordsOf(dataset, store, origin, latest, this.known);
    const body = put.unstorable.length > 0 ? await this.bodyOf(page) : undefined;
    const records = withoutUnstorable(source, page, body, read, latest, put.unstorable);
    // Send the records before the page gets its outcome: after that, the messages of a queue are deleted.
    await dataset.passOn?.(outputs, records);
    const overflow = await this.putRejected(page, read);
    return this.putOutcome(page, { ...this.outcomeOf(read, records, put.counts), overflow });
  }

  /** Updates the quarantine. Returns how many of the page's rows did not fit into it. */
  private async putRejected(page: PageDoc, read: ReadPage): Promise<number> {
    const { store } = this.context;
    const overflow = await putRejected(store, originOf(page, this.input.run), read.rejected);
    if (this.quarantined) await leaveQuarantineNormalized(store, page, read);
    this.quarantined ||= read.rejected.length > 0;
    return overflow;
  }

  private outcomeOf(
    { rejected, setAside }: ReadPage,
    records: readonly NormalizedRecord[],
    counts: Pick<PageOutcome, 'new' | 'changed' | 'unchanged'>,
  ): PageOutcome {
    const content = records.map(({ _id, hash }) => ({ id: _id.slice(this.source.name.length + 1), hash }));
    return {
      at: new Date(),
      ...counts,
      quarantined: rejected.length,
      ids: content.map(({ id }) => id),
      rejected_ids: rejected.flatMap(({ recordId }) => recordId ?? []),
      content: contentDigest(content),
      // A page that was set aside has no reading version, so that pages with the same bytes are not skipped because of it.
      ...(setAside ? { reader: '', set_aside: true as const } : { reader: this.version }),
    };
  }

  private async putOutcome(page: PageDoc, outcome: PageOutcome): Promise<PageOutcome> {
    const { store } = this.context;
    if (!this.replay || !page.outcome || page.outcome.set_aside) {
      const listed = await putIds(store, page._id, outcome);
      // The outcome of a first load stays with the mark that it was written with.
      await store.pages.updateOne(
        { _id: page._id, unmerged: { $exists: false } },
        { $set: { outcome: { ...outcome, ...listed } } },
      );
    } else {
      if (page.outcome.quarantined > 0) await noteListed(store, page._id, outcome.ids.concat(outcome.rejected_ids));
      await noteOverflow(store, page, outcome.overflow ?? 0);
    }
    return outcome;
  }
}

function taken(prepared: Prepared): Buffer | undefined {
  const { body } = prepared;
  delete prepared.body;
  return body;
}
