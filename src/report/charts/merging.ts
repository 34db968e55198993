import type { Level, ForbiddenBy } from '../../host/identity/resolution.js';
import { defineChart, LIVE, sum, type Chart } from '../chart.js';
import { bars } from '../draw/bars.js';
import { counted, number } from '../../format/number.js';
import { labelFor } from '../text.js';

/** Labels of the match levels: what two records have in common. */
const LEVELS: Readonly<Record<Level, string>> = {
  decision: 'a user’s decision',
  cloud: 'cloud instance',
  hardware: 'serial, UUID or agent',
  'mac+name': 'MAC and name',
  mac: 'MAC address',
  'mac+renamed': 'MAC, renamed',
  'name+address': 'name and address',
  fqdn: 'full name',
  name: 'short name',
};

/** Labels of the cannot-link rules: why records were kept apart. */
const RULES: Readonly<Record<ForbiddenBy, string>> = {
  split: 'a user’s decision',
  class: 'pod or container',
  cloud: 'other cloud instance',
  serial: 'other serial number',
  uuid: 'other hardware UUID',
  clone: 'a cloned disk',
  agents: 'other live agent',
  macs: 'other interfaces',
  os: 'other system',
  manufacturer: 'other manufacturer',
  domain: 'other domain',
  size: 'too many at once',
  ambiguous: 'several candidates',
};

export const duplicates = defineChart<{ levels: { _id: Level; joins: number } }>({
  name: 'duplicates',
  section: 'Merging',
  title: 'Duplicates merged',
  question: 'How many records belong to a host of another record, and by which evidence?',
  empty: 'No two records are one host',
  queries: {
    levels: {
      collection: 'hosts',
      pipeline: [
        { $match: LIVE },
        { $group: { _id: '$reasons.level', hosts: { $sum: 1 } } },
        { $unwind: '$_id' },
        { $group: { _id: '$_id', joins: { $sum: '$hosts' } } },
        { $sort: { joins: -1, _id: 1 } },
      ],
    },
  },
  draw({ levels }, { hosts, records }) {
    const joins = sum(levels.map((level) => level.joins));
    const rows = levels.map(({ _id, joins }) => ({ name: labelFor(LEVELS, _id), level: _id, value: joins }));
    return {
      summary: `${counted(records, 'record')} are ${counted(hosts, 'host')}: ${counted(joins, 'duplicate')} found.`,
      table: {
        head: ['Both report the same', 'Level', 'Records joined'],
        rows: rows.map(({ name, level, value }) => [name, level, value]),
      },
      figures: { duplicates: joins, records, hosts },
      ...(joins === 0 ? {} : { drawing: bars(rows.map((row) => ({ ...row, label: number(row.value) }))) }),
    };
  },
});

export const conflicts = defineChart<{ paths: { _id: string; hosts: number }; all: { hosts: number } }>({
  name: 'conflicts',
  section: 'Merging',
  title: 'Contradictions',
  question: 'In which fields do sources differ from the host that they were merged into?',
  empty: 'No source contradicts another',
  queries: {
    paths: {
      collection: 'hosts',
      pipeline: [
        { $match: { ...LIVE, 'conflicts.0': { $exists: true } } },
        { $group: { _id: { $setUnion: ['$conflicts.path', []] }, hosts: { $sum: 1 } } },
        { $unwind: '$_id' },
        { $group: { _id: '$_id', hosts: { $sum: '$hosts' } } },
        { $sort: { hosts: -1, _id: 1 } },
        { $limit: 40 },
      ],
    },
    all: {
      collection: 'hosts',
      pipeline: [{ $match: { ...LIVE, 'conflicts.0': { $exists: true } } }, { $count: 'hosts' }],
    },
  },
  draw({ paths, all }) {
    const hosts = all[0]?.hosts ?? 0;
    const rows = paths.map(({ _id, hosts }) => ({ name: _id.replace(/^device\./, ''), path: _id, value: hosts }));
    return {
      summary: `${counted(hosts, 'host')} with at least one contradiction; each shows both values.`,
      table: { head: ['Field', 'Hosts'], rows: rows.map(({ path, value }) => [path, value]) },
      figures: { hosts },
      ...(hosts === 0
        ? {}
        : { drawing: bars(rows.slice(0, 10).map((row) => ({ ...row, label: number(row.value), part: 'orange' }))) }),
    };
  },
});

export const forbiddenJoins = defineChart<{ rules: { _id: ForbiddenBy; hosts: number } }>({
  name: 'forbidden-joins',
  section: 'Merging',
  title: 'Kept apart',
  question: 'Which hosts share a key with another host but were kept apart, and by which rule?',
  empty: 'No join was forbidden',
  queries: {
    rules: {
      collection: 'hosts',
      pipeline: [
        { $match: { ...LIVE, 'forbidden_joins.0': { $exists: true } } },
        { $group: { _id: { $setUnion: ['$forbidden_joins.rule', []] }, hosts: { $sum: 1 } } },
        { $unwind: '$_id' },
        { $group: { _id: '$_id', hosts: { $sum: '$hosts' } } },
        { $sort: { hosts: -1, _id: 1 } },
      ],
    },
  },
  draw({ rules }) {
    const rows = rules.map(({ _id, hosts }) => ({ name: labelFor(RULES, _id), rule: _id, value: hosts }));
    return {
      summary: rows[0] ? `Mostly because of: ${rows[0].name} (${counted(rows[0].value, 'host')}).` : '',
      table: {
        head: ['Why they were kept apart', 'Rule', 'Hosts'],
        rows: rows.map(({ name, rule, value }) => [name, rule, value]),
      },
      figures: { rules: rows.length },
      ...(rows.length === 0
        ? {}
        : { drawing: bars(rows.map((row) => ({ ...row, label: number(row.value), part: 'purple' }))) }),
    };
  },
});

export const merging: Chart[] = [duplicates, conflicts, forbiddenJoins];
