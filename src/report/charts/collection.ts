import type { RunStatus } from '../../model/run.js';
import { defineChart, sum, type Chart } from '../chart.js';
import { bars } from '../draw/bars.js';
import { columns } from '../draw/columns.js';
import type { Part } from '../palette.js';
import { counted, number } from '../../format/number.js';
import { roughDuration } from '../../format/time.js';
import { minute } from '../text.js';

interface Source {
  _id: string;
  last_checked: Date;
  last_complete?: { at: Date; records: number };
}

export const freshness = defineChart<{ sources: Source }>({
  name: 'freshness',
  section: 'Collection',
  title: 'Freshness',
  question: 'How long ago was each source last read to its end?',
  empty: 'No source was ever checked',
  queries: {
    sources: {
      collection: 'sources',
      pipeline: [
        { $match: { last_checked: { $gt: new Date(0) } } },
        { $sort: { _id: 1 } },
        { $limit: 50 },
        { $project: { last_checked: 1, last_complete: { at: 1, records: 1 } } },
      ],
    },
  },
  draw({ sources }, { asOf }) {
    const aged = sources.map(({ _id, last_checked, last_complete }) => {
      const seconds = last_complete && Math.max(0, (asOf.getTime() - last_complete.at.getTime()) / 1000);
      return { name: _id, last_checked, last_complete, seconds };
    });
    const oldest = Math.max(1, ...aged.map(({ seconds }) => seconds ?? 0));
    const never = aged.filter(({ seconds }) => seconds === undefined).length;
    return {
      summary: `${counted(sources.length, 'source')} checked so far; ${never === 0 ? 'each was' : `${number(never)} never`} read completely.`,
      table: {
        head: ['Source', 'Last checked', 'Last read completely', 'Records then'],
        rows: aged.map(({ name, last_checked, last_complete }) => [
          name,
          minute(last_checked),
          last_complete ? minute(last_complete.at) : 'never',
          last_complete?.records ?? '',
        ]),
      },
      figures: { sources: sources.length, never },
      ...(sources.length === 0
        ? {}
        : {
            drawing: bars(
              aged.map(({ name, seconds }) => ({
                name,
                value: seconds ?? oldest,
                label:
                  seconds === undefined ? 'never' : seconds < 60 ? 'just now' : `${roughDuration(1_000 * seconds)} ago`,
                part:
                  seconds === undefined
                    ? ('red' as const)
                    : seconds > 172_800
                      ? ('orange' as const)
                      : ('green' as const),
              })),
            ),
          }),
    };
  },
});

export const quarantine = defineChart<{
  reasons: { _id: { source: string; reason: string }; records: number };
  all: { records: number };
}>({
  name: 'quarantine',
  section: 'Collection',
  title: 'Quarantine',
  question: 'Which records could not be read, and why?',
  empty: 'Nothing is in quarantine: every record could be read',
  queries: {
    reasons: {
      collection: 'quarantine',
      pipeline: [
        { $group: { _id: { source: '$source', reason: '$reason' }, records: { $sum: 1 } } },
        { $sort: { records: -1, _id: 1 } },
        { $limit: 40 },
      ],
    },
    all: { collection: 'quarantine', pipeline: [{ $count: 'records' }] },
  },
  draw({ reasons, all }) {
    const records = all[0]?.records ?? 0;
    const rest = records - sum(reasons.map((reason) => reason.records));
    const rows = reasons.map(({ _id, records }) => ({ ..._id, value: records }));
    return {
      summary: `${counted(records, 'record')} in quarantine.`,
      table: {
        head: ['Source', 'Reason', 'Records'],
        rows: [
          ...rows.map(({ source, reason, value }) => [source, reason, value]),
          ...(rest > 0 ? [['others', '', rest]] : []),
        ],
      },
      figures: { records },
      ...(records === 0
        ? {}
        : {
            drawing: bars(
              rows.slice(0, 8).map(({ source, reason, value }) => ({
                name: reason,
                value,
                label: `${number(value)} · ${source}`.slice(0, 22),
                part: 'orange',
              })),
            ),
          }),
    };
  },
});

const RUNS = 30;
const PARTS = new Map<RunStatus, Part>(
  Object.entries({
    running: 'quiet',
    completed: 'blue',
    partial: 'orange',
    failed: 'red',
    cancelled: 'quiet',
  } satisfies Record<RunStatus, Part>) as [RunStatus, Part][],
);

interface Run {
  _id: string;
  status: RunStatus;
  started_at: Date;
  ended_at?: Date;
  records: number;
  hosts?: number;
}

export const runs = defineChart<{ runs: Run }>({
  name: 'runs',
  section: 'Collection',
  title: `The last ${RUNS} runs`,
  question: 'How long do runs take, and how do they end?',
  empty: 'No run yet',
  queries: {
    runs: {
      collection: 'runs',
      pipeline: [
        { $sort: { started_at: -1 } },
        { $limit: RUNS },
        {
          $project: {
            status: 1,
            started_at: 1,
            ended_at: 1,
            hosts: 1,
            records: { $sum: { $map: { input: { $objectToArray: '$sources' }, in: '$$this.v.records' } } },
          },
        },
      ],
    },
  },
  draw({ runs }) {
    const timed = runs.toReversed().map((run) => ({
      ...run,
      seconds: run.ended_at ? (run.ended_at.getTime() - run.started_at.getTime()) / 1000 : undefined,
    }));
    const ended = timed.flatMap(({ seconds }) => seconds ?? []).sort((a, b) => a - b);
    const failed = runs.filter(({ status }) => status === 'failed' || status === 'partial').length;
    const middle = ended[Math.floor((ended.length - 1) / 2)];
    return {
      summary:
        (middle === undefined
          ? 'None has ended yet.'
          : `Half of them took ${roughDuration(1_000 * middle)} or less, the longest ${roughDuration(1_000 * ended.at(-1)!)}.`) +
        ` ${failed === 0 ? 'None' : number(failed)} ended partial or failed (orange and red).`,
      table: {
        head: ['Run', 'Began', 'Status', 'Seconds', 'Records read', 'Hosts then'],
        rows: timed.map(({ _id, started_at, status, seconds, records, hosts }) => [
          _id,
          minute(started_at),
          status,
          seconds ?? '',
          records,
          hosts ?? '',
        ]),
      },
      figures: { runs: runs.length, not_completed: failed },
      ...(runs.length === 0
        ? {}
        : {
            drawing: columns(
              timed.map(({ started_at, seconds = 0, status }) => ({
                name: minute(started_at).slice(5),
                values: [seconds],
                parts: [PARTS.get(status) ?? 'quiet'],
              })),
              { series: [{ name: 'seconds', part: 'blue' }], scale: (seconds) => roughDuration(1_000 * seconds) },
            ),
          }),
    };
  },
});

export const collection: Chart[] = [freshness, quarantine, runs];
