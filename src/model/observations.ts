/** A login as an application reported it. It is not masked yet, so it must not leave the process that reads it. */
export interface LoginObservation {
  user_id: string;
  device_type: string;
  ip: string;
  device_id: string;
  locale: string | null;
  /** As reported, `2.3.0`. */
  app_version: string;
  create_date: Date;
}

/** An entry of an event log. */
export interface EventObservation {
  /** Numbers are ordered as numbers, text by code point; `bigint` beyond 2^53. */
  id: number | bigint | string;
  category: string;
  value: number;
  /** Further fields, unchanged: JSON values, with integers beyond 2^53 as `bigint`. */
  more?: Record<string, unknown>;
}

/** A JSON value whose integers beyond 2^53 are exact. */
export type Field = null | boolean | number | bigint | string | Field[] | Fields;
export type Fields = { [name: string]: Field };
