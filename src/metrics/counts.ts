import { Counter, Gauge, Histogram } from 'prom-client';
import { registry } from './registry.js';

const registers = [registry];

const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
  new Counter<Label>({ name, help, labelNames, registers });
const seconds = <Label extends string>(
  name: string,
  help: string,
  labelNames: readonly Label[],
  buckets: readonly number[],
) => new Histogram<Label>({ name, help, labelNames, buckets: [...buckets], registers });

/** Buckets in seconds: from a page of a fast API to a minute. */
const OF_A_REQUEST = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** Buckets in seconds: from a run of the demo to a run with millions of hosts. */
const OF_A_RUN = [1, 5, 15, 60, 300, 900, 1_800, 3_600, 7_200, 21_600, 86_400];

/**
 * Counters of this worker since its start. They are updated once per page, batch or run, never once per record. Label values
 * are source names and constants of this code.
 */
export const counts = {
  pages: counter('rollcall_fetched_pages_total', 'Pages that were fetched and stored', ['source']),
  bytes: counter('rollcall_fetched_bytes_total', 'Bytes of the pages that were fetched, as received', ['source']),
  rows: counter('rollcall_fetched_rows_total', 'Rows of the pages that were fetched', ['source']),
  normalized: counter('rollcall_normalized_pages_total', 'Pages whose rows have become records', ['source']),
  records: counter(
    'rollcall_records_total',
    'Records by outcome; an attempt that is repeated after a crash counts its pages again',
    ['source', 'outcome'],
  ),
  requests: seconds(
    'rollcall_vendor_request_duration_seconds',
    'Requests to a vendor until the last byte of the response, by its status (none: no complete response)',
    ['source', 'status'],
    OF_A_REQUEST,
  ),
  limitLeft: new Gauge({
    name: 'rollcall_vendor_rate_limit_remaining',
    help: 'Requests left in the window of the rate limit, where the responses of the vendor report it',
    labelNames: ['source'],
    registers,
  }),
  failures: counter('rollcall_fetch_failures_total', 'Failed fetch attempts, by kind of failure', ['source', 'kind']),
  waits: counter('rollcall_vendor_wait_seconds_total', 'Seconds that vendors asked to wait', ['source']),
  mergedRecords: counter('rollcall_merged_records_total', 'Changed records that were merged into hosts'),
  mergedHosts: counter('rollcall_merged_hosts_total', 'Hosts written by merging, by outcome', ['outcome']),
  mergeBatches: counter('rollcall_merge_batches_total', 'Batches (transactions) of merging'),
  mergeSeconds: counter('rollcall_merge_seconds_total', 'Seconds spent on merging'),
  runs: counter('rollcall_runs_total', 'Runs that have ended, by status', ['status']),
  runSeconds: seconds('rollcall_run_duration_seconds', 'Runs from their start to their end', ['status'], OF_A_RUN),
  sourceRuns: counter('rollcall_source_runs_total', 'Sources in runs that have ended, by status', ['source', 'status']),
  sourceSeconds: seconds(
    'rollcall_source_run_duration_seconds',
    'Sources in runs, from their start to their end',
    ['source'],
    OF_A_RUN,
  ),
  alerts: counter('rollcall_alert_deliveries_total', 'Attempts to deliver an alert to the webhook', ['outcome']),
};

/** Starts counters at 0 instead of leaving them absent: otherwise Prometheus sees no increase at a worker's first failure. */
export function startCounting(sources: readonly string[]): void {
  for (const status of ['completed', 'partial', 'failed', 'cancelled']) counts.runs.inc({ status }, 0);
  for (const outcome of ['delivered', 'failed']) counts.alerts.inc({ outcome }, 0);
  for (const source of sources) {
    for (const status of ['complete', 'partial', 'failed']) counts.sourceRuns.inc({ source, status }, 0);
    for (const outcome of ['new', 'changed', 'unchanged', 'quarantined']) counts.records.inc({ source, outcome }, 0);
    for (const counted of [counts.pages, counts.bytes, counts.rows, counts.normalized, counts.waits])
      counted.inc({ source }, 0);
  }
  for (const outcome of ['created', 'changed', 'removed']) counts.mergedHosts.inc({ outcome }, 0);
}
