import { defineChart, LIVE, sum, type Chart, type Drawn } from '../chart.js';
import { bars } from '../draw/bars.js';
import type { Query } from '../query.js';
import { countryOf } from '../regions.js';
import { counted, number } from '../../format/number.js';
import { percent, labelFor } from '../text.js';

const MOST = 10;
const IN_CLOUD = { ...LIVE, 'cloud.provider': { $exists: true } };

/** The providers' own spellings. */
const SPELLED: Readonly<Record<string, string>> = { aws: 'AWS', azure: 'Azure', gcp: 'GCP', oci: 'OCI', ibm: 'IBM' };
const spelled = (provider: string) => labelFor(SPELLED, provider);

export const providers = defineChart<{ providers: { _id: string | null; hosts: number } }>({
  name: 'cloud-providers',
  section: 'Places',
  title: 'Clouds',
  question: 'How many hosts run in which cloud, and how many in none that a source reports?',
  empty: 'No hosts yet',
  queries: {
    providers: {
      collection: 'hosts',
      pipeline: [
        { $match: LIVE },
        { $group: { _id: '$cloud.provider', hosts: { $sum: 1 } } },
        { $sort: { hosts: -1, _id: 1 } },
        { $limit: 20 },
      ],
    },
  },
  draw({ providers }, { hosts }) {
    const clouds = providers.filter(({ _id }) => _id !== null);
    const inCloud = sum(clouds.map((cloud) => cloud.hosts));
    return ranked(
      ['Cloud', 'Hosts'],
      providers.map(({ _id, hosts }) => ({
        cells: [_id === null ? 'no cloud reported' : spelled(_id)],
        hosts,
        ...(_id === null ? { quiet: true } : {}),
      })),
      hosts,
      `${counted(inCloud, 'host')} (${percent(inCloud, hosts)}) in ${counted(clouds.length, 'cloud')}.`,
      { in_cloud: inCloud },
    );
  },
});

interface Account {
  _id: { provider: string; account?: string };
  hosts: number;
}

export const accounts = defineChart<{ all: { accounts: number; hosts: number; most: Account[] } }>({
  name: 'cloud-accounts',
  section: 'Places',
  title: 'Cloud accounts',
  question: 'Which accounts, subscriptions and projects hold most of the hosts?',
  empty: 'No host of a cloud account',
  queries: {
    all: {
      collection: 'hosts',
      pipeline: [
        { $match: IN_CLOUD },
        {
          $group: {
            _id: { provider: '$cloud.provider', account: { $ifNull: ['$cloud.account.uid', '$cloud.project_uid'] } },
            hosts: { $sum: 1 },
          },
        },
        { $sort: { hosts: -1, _id: 1 } },
        {
          $group: {
            _id: null,
            accounts: { $sum: 1 },
            hosts: { $sum: '$hosts' },
            most: { $firstN: { n: MOST, input: '$$ROOT' } },
          },
        },
      ],
    },
  },
  draw({ all }) {
    const { accounts: inAll, hosts, most: accounts } = all[0] ?? { accounts: 0, hosts: 0, most: [] };
    const rest = hosts - sum(accounts.map((account) => account.hosts));
    return ranked(
      ['Cloud', 'Account', 'Hosts'],
      [
        ...accounts.map(({ _id, hosts }) => ({ cells: [spelled(_id.provider), _id.account ?? 'not reported'], hosts })),
        ...(rest > 0 ? [{ cells: [`${number(inAll - accounts.length)} more`, ''], hosts: rest, quiet: true }] : []),
      ],
      hosts,
      `${counted(hosts, 'host')} in ${counted(inAll, 'account')}.`,
      { accounts: inAll },
      ([provider = '', account = '']) => account || provider,
    );
  },
});

interface Region {
  _id: { provider: string; region?: string };
  hosts: number;
}

const REGIONS: { regions: Query } = {
  regions: {
    collection: 'hosts',
    pipeline: [
      { $match: IN_CLOUD },
      { $group: { _id: { provider: '$cloud.provider', region: '$device.region' }, hosts: { $sum: 1 } } },
      { $sort: { hosts: -1, _id: 1 } },
      { $limit: 1_000 },
    ],
  },
};

export const regions = defineChart<{ regions: Region }>({
  name: 'cloud-regions',
  section: 'Places',
  title: 'Cloud regions',
  question: 'In which regions do hosts run?',
  empty: 'No host of a cloud',
  queries: REGIONS,
  draw({ regions }) {
    const total = sum(regions.map(({ hosts }) => hosts));
    const named = regions.map(({ _id, hosts }) => ({
      cells: [spelled(_id.provider), _id.region ?? 'not reported'],
      hosts,
    }));
    return ranked(
      ['Cloud', 'Region', 'Hosts'],
      named,
      total,
      `${counted(total, 'host')} in ${counted(regions.filter(({ _id }) => _id.region !== undefined).length, 'region')}.`,
      { regions: regions.length },
      ([provider = '', region = '']) => `${region} ${provider}`,
    );
  },
});

export const countries = defineChart<{ regions: Region }>({
  name: 'countries',
  section: 'Places',
  title: 'Countries',
  question:
    'In which countries do hosts run? Derived from the cloud’s region only: no address is looked up, here or elsewhere.',
  empty: 'No host of a cloud',
  queries: REGIONS,
  draw({ regions }) {
    const total = sum(regions.map(({ hosts }) => hosts));
    const hosts = new Map<string, number>();
    for (const { _id, hosts: some } of regions) {
      const country = countryOf(_id.provider, _id.region ?? '') ?? 'not known';
      hosts.set(country, (hosts.get(country) ?? 0) + some);
    }
    const rows = [...hosts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    const known = rows.filter(([name]) => name !== 'not known').length;
    return ranked(
      ['Country', 'Hosts'],
      rows.map(([name, some]) => ({ cells: [name], hosts: some, ...(name === 'not known' ? { quiet: true } : {}) })),
      total,
      `${counted(total, 'host')} of clouds in ${counted(known, 'country', 'countries')}.`,
      { countries: known },
    );
  },
});

export const clouds: Chart[] = [providers, accounts, regions, countries];

interface Ranked {
  cells: string[];
  hosts: number;
  /** The row is the remainder, and not a cloud, an account, a region or a country. */
  quiet?: boolean;
}

/** A list by number of hosts: all of it in the table, its beginning as bars. */
function ranked(
  head: string[],
  rows: readonly Ranked[],
  total: number,
  summary: string,
  figures: Record<string, number>,
  nameOf: (cells: string[]) => string = (cells) => cells.join(' '),
): Drawn {
  const shown = rows.slice(0, MOST + 1);
  return {
    summary,
    table: { head, rows: rows.map(({ cells, hosts }) => [...cells, hosts]) },
    figures: { hosts: total, ...figures },
    ...(shown.length === 0
      ? {}
      : {
          drawing: bars(
            shown.map(({ cells, hosts, quiet }) => ({
              name: nameOf(cells),
              value: hosts,
              label: `${number(hosts)} · ${percent(hosts, total)}`,
              part: quiet ? ('quiet' as const) : ('blue' as const),
            })),
          ),
        }),
  };
}
