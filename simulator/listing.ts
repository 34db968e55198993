import type { Dialect } from './render/dialect.js';
import type { Sink } from './render/sink.js';

export type Vendor = 'qualys' | 'crowdstrike';

/** One vendor's records in the order it lists them. */
export interface Listing {
  readonly vendor: Vendor;
  readonly count: number;
  /** Increases with each change of content, so that values derived from the listing can be cached until then. */
  readonly version: number;
  id(position: number): string;
  /** Position of the first record whose id comes after `id` in listing order. */
  after(id: string): number;
  write(position: number, dialect: Dialect, sink: Sink): void;
  /** The record as an object, without its long lists, for filters. */
  plain(position: number): Record<string, unknown>;
}
