import type { CompiledDenyLists } from '../../host/canonical/deny-lists/index.js';
import type { Outputs } from '../../outputs/index.js';
import type { KeyRingFile } from '../../privacy/key-ring.js';
import type { AnySource, DatasetName, Mapped, Row } from '../../model/source.js';
import type { Store } from '../../store/database.js';
import type { Origin, Outcome } from '../../store/collections/records.js';

/** The data that a dataset needs to convert mapped rows to records. */
export interface Context {
  /** Values from which no identity key is derived. */
  denyLists: CompiledDenyLists;
  /** Keys with which personal fields are masked. */
  keys: KeyRingFile;
}

/** A row of a page as a record, ready to be stored. */
export interface NormalizedRecord {
  /** `source:native id` */
  _id: string;
  row: number;
  /** Digest of the content; equal for records with equal content. */
  hash: string;
}

/** Location of a row in its page: its position and its byte range. */
export type RowLocation = Pick<Row, 'index' | 'offset' | 'length'>;

/** The kind of records of a source. All other steps of the pipeline are the same for all datasets. */
export interface Dataset<Name extends DatasetName = DatasetName, Record extends NormalizedRecord = NormalizedRecord> {
  name: Name;
  /** Fields that are stored masked only. If there are any, stored pages are encrypted (sealed). */
  personal: readonly string[];
  /**
   * The step after a listing is read. `merge`: records of the same machine are joined. `order`: events are stored only now,
   * in the order of their ids. `nothing`: there is no further step.
   */
  afterNormalizing: 'merge' | 'order' | 'nothing';
  /** Converts a mapped row to the record to be stored. Throws `RecordRejected`. */
  toRecord(source: AnySource, mapped: Mapped<Name>, place: RowLocation, context: Context): Record;
  /**
   * Stores one page's records, each at most once. Can be repeated. Without `known`, inserts the records without looking
   * them up first.
   */
  put(store: Store, origin: Origin, records: readonly Record[], known: boolean): Promise<Outcome>;
  /** Sends stored records to outputs other than MongoDB, if there are any. Can be repeated. */
  passOn?(outputs: Outputs, records: readonly Record[]): Promise<void>;
}
