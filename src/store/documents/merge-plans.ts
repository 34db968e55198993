/** The plan of one merge into an empty inventory: it divides the records of the unmerged pages into parts. */
export interface MergePlanDoc {
  _id: string;
  /** `planning`: its parts are still being written, and must not be merged. */
  state: 'planning' | 'ready';
  at: Date;
}

/** Records that are merged in one transaction. A part is removed in the transaction that writes its hosts. */
export interface MergePartDoc {
  _id: string;
  plan: string;
  /** Position in the plan, from 0. Activities share the parts by it. */
  seq: number;
  /** Ids of the records, component by component. */
  records: string[];
  /** Number of records of each component. */
  sizes: number[];
  /** Changes when no transaction that has begun before may write the part's hosts. */
  fence?: number;
}
