import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { Activities } from '../../src/activities/index.js';
import { orPark } from '../../src/activities/parked.js';
import { NOTHING_MERGED } from '../../src/merge/merged.js';
import type { NormalizeInput } from '../../src/normalize/normalized.js';
import { NO_COUNTS, type SourceAccount } from '../../src/model/run.js';
import type { collectInventory } from '../../src/workflows/collect-inventory.js';
import { progressQuery, type SourceProgress } from '../../src/model/messages.js';
import { summaryOf, withoutPromiseHooks } from '../support/pipeline.js';

/** A point in an activity at which a test can make it wait. */
export class Gate {
  private closed: Promise<void> | undefined;
  private release = (): void => {};
  private reach = (): void => {};
  /** Resolves when an activity waits here. */
  reached = Promise.resolve();

  close(): void {
    this.closed = new Promise((resolve) => (this.release = resolve));
    this.reached = new Promise((resolve) => (this.reach = resolve));
  }
  open(): void {
    this.closed = undefined;
    this.release();
  }
  async pass(): Promise<void> {
    if (!this.closed) return;
    this.reach();
    await this.closed;
  }
}

/** A source with `pages` pages of one row, whose activities the test controls. Temporal is real. */
export class ControlledSource {
  readonly name = `s${randomUUID().slice(0, 8)}`;
  readonly fetching = new Gate();
  readonly normalizing = new Gate();
  /** Positions that were fetched, in order. */
  readonly fetched: number[] = [];
  readonly closed: Parameters<Activities['closeListing']>[0][] = [];
  /** The fetch of this page fails with an error that a user can correct. */
  broken: number | undefined;
  stored = 0;

  constructor(readonly pages: number) {}

  async fetch(seq: number): Promise<Awaited<ReturnType<Activities['fetchPages']>>> {
    await this.fetching.pass();
    if (this.broken === seq) {
      const note = { kind: 'credentials-rejected', message: 'refused', remedy: 'mend it' } as const;
      throw await orPark(ApplicationFailure.create({ message: 'refused', nonRetryable: true, details: [note] }));
    }
    this.fetched.push(seq);
    this.stored = Math.max(this.stored, seq + 1);
    const next = seq + 1 === this.pages ? null : { at: seq + 1 };
    return { from: seq, to: seq + 1, rows: 1, bytes: 1, next, warnings: [] };
  }

  async normalize({ from, follow, share }: NormalizeInput): Promise<Awaited<ReturnType<Activities['normalizePages']>>> {
    await this.normalizing.pass();
    const step = share?.of ?? 1;
    const rows = Math.max(0, Math.ceil((this.stored - from) / step));
    const next = from + rows * step;
    const stopped = next >= this.pages || (rows === 0 && !follow) ? 'ended' : rows > 0 ? 'budget' : 'waited';
    return { pages: rows, rows, new: rows, changed: 0, unchanged: 0, quarantined: 0, next, stopped };
  }

  async close(input: Parameters<Activities['closeListing']>[0]): Promise<SourceAccount> {
    this.closed.push(input);
    return {
      ...NO_COUNTS,
      status: input.complete ? 'complete' : 'partial',
      records: this.stored,
      ...(input.reason ? { reason: input.reason } : {}),
      ...(input.parked ? { parked: true } : {}),
      started_at: new Date(input.startedAt),
    };
  }
}

/** Starts a worker with the real workflows on a real server. The sources of the test control its activities. */
export async function openControlled(address: string) {
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  withoutPromiseHooks();
  const taskQueue = `q${randomUUID().slice(0, 8)}`;
  const timings = { heartbeatMs: 60_000, retryMs: 100, retryMaxMs: 500 };
  const sources = new Map<string, ControlledSource>();
  const of = (name: string) => sources.get(name)!;
  const merges: string[] = [];
  const partsLeft: number[] = [];
  const activities: Partial<Activities> = {
    openInventoryRun: async () => ({ timings: { ...timings, heartbeatMs: 1_000 }, mergeable: true }),
    openListing: async () => ({
      collect: true,
      startedAt: new Date().toISOString(),
      listing: 'full',
      afterNormalizing: 'merge',
      timings,
      shares: 2,
    }),
    fetchPages: async ({ source, seq }) => of(source).fetch(seq),
    normalizePages: async (input) => of(input.source).normalize(input),
    closeListing: async (input) => of(input.source).close(input),
    mergeRecords: async () => {
      merges.push('records');
      const parts = partsLeft.splice(0, 1)[0] ?? 0;
      return { ...NOTHING_MERGED, records: 1, more: parts > 0, aside: 0, parts };
    },
    mergeRecordParts: async ({ share: { index, of } }) => {
      merges.push(`part ${index} of ${of}`);
      return { ...NOTHING_MERGED, records: 10 };
    },
    resumeListing: async () => {},
    recountRun: async () => {},
    closeInventoryRun: async () => ({ hosts: 0 }),
  };
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const worker = await Worker.create({
    connection: native,
    taskQueue,
    workflowBundle: { codePath: process.env['ROLLCALL_TEST_WORKFLOW_BUNDLE']! },
    activities,
    maxConcurrentActivityTaskExecutions: 100,
    // Run workflows in this thread, as the pipelines of tests do.
    debugMode: true,
  });
  const running = worker.run();
  const workflow = (source: ControlledSource) => client.workflow.getHandle(`${taskQueue}-source-${source.name}`);
  const progress = (source: ControlledSource) => workflow(source).query(progressQuery);
  return {
    client,
    /** The merge activities that have run, in order. */
    merges,
    /** Numbers of parts that the next calls of `mergeRecords` leave to `mergeRecordParts`. */
    partsLeft,
    workflow,
    progress,
    source(pages: number): ControlledSource {
      const made = new ControlledSource(pages);
      sources.set(made.name, made);
      return made;
    },
    /** Starts a run of these sources alone, with its own workflow id, because other runs may be in progress. */
    async start(source: ControlledSource, ...others: ControlledSource[]) {
      const handle = await client.workflow.start<typeof collectInventory>('collectInventory', {
        taskQueue,
        workflowId: `run-${randomUUID()}`,
        args: [{ sources: [source, ...others].map(({ name }) => name), force: true, prefix: taskQueue }],
      });
      return { handle, account: async () => (await summaryOf(handle.result())).sources[source.name]! };
    },
    async until(source: ControlledSource, state: SourceProgress['state']): Promise<SourceProgress> {
      for (let last: unknown; ;) {
        const now = await progress(source).catch((error: Error) => void (last = error));
        if (now?.state === state) return now;
        last = now ?? last;
        if ((await workflow(source).describe()).status.name !== 'RUNNING' && now?.state !== state)
          throw new Error(`It ended before it was ${state}: ${JSON.stringify(last)}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    async close() {
      worker.shutdown();
      await running;
      await connection.close();
      await native.close();
    },
  };
}

export type Controlled = Awaited<ReturnType<typeof openControlled>>;
