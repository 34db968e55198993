import type { Junk } from '../../host/canonical/deny-lists/index.js';
import type { Outputs } from '../../outputs/index.js';
import type { KeyRingFile } from '../../privacy/key-ring.js';
import type { AnySource, DatasetName, Mapped, Row } from '../../model/source.js';
import type { Store } from '../../store/database.js';
import type { Origin, Outcome } from '../../store/collections/records.js';

/** What turning mapped rows into records takes, beside the rows. */
export interface Context {
  /** What claims no identity key. */
  junk: Junk;
  /** What personal fields are masked with. */
  keys: KeyRingFile;
}

/** A row of a page, understood and ready to be stored. */
export interface NormalizedRecord {
  /** `source:native id` */
  _id: string;
  row: number;
  /** Digest of what it says; equal for records that say the same. */
  hash: string;
}

/** Where in its page a record stands: its position, and its bytes. */
export type Place = Pick<Row, 'index' | 'offset' | 'length'>;

/** What kind of thing the records of a source are. The rest of the pipeline is the same for all. */
export interface Dataset<Name extends DatasetName = DatasetName, Record extends NormalizedRecord = NormalizedRecord> {
  name: Name;
  /** Names the fields that are stored masked only. Where there are any, pages are kept sealed. */
  personal: readonly string[];
  /**
   * What brings the records of a listing to their end: `merge` recognises those that are the same thing; `order` stores them
   * only once all are there, by their id; `nothing` is left to do.
   */
  settle: 'merge' | 'order' | 'nothing';
  /** Turns a mapped row into the record that is stored. Throws `RecordRejected`. */
  understand(source: AnySource, mapped: Mapped<Name>, place: Place, context: Context): Record;
  /** Stores one page's records, each at most once; may be repeated. Unless most are `known`, they are not looked for first. */
  put(store: Store, origin: Origin, records: readonly Record[], known: boolean): Promise<Outcome>;
  /** Passes records that are stored on to where they go beside MongoDB, if anywhere; may be repeated. */
  passOn?(outputs: Outputs, records: readonly Record[]): Promise<void>;
}
