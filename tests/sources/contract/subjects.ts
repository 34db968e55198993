import type { Protocol } from '../../../simulator/faults/fault.js';
import type { Vendor } from '../../../simulator/listing.js';
import { ROUTES } from '../../../simulator/vendors.js';
import { loadSources } from '../../../src/sources/loading/registry.js';
import type { SourceDefinition } from '../../../src/model/source.js';

/** One source in one of its formats, and the data that connects it to the simulator. */
export interface Subject {
  title: string;
  source: SourceDefinition;
  vendor: Vendor;
  /** The simulator's name of the listing, and its path. */
  protocol: Protocol;
  path: string;
  /** Variable of the page size. */
  pageSize: string;
  /** Variables beyond those that `environmentOf` sets. */
  environment: Record<string, string>;
  /** Variables whose values must never be seen. */
  secrets: string[];
  /** The maximum number of pages in flight. */
  concurrency: number;
}

const sources = loadSources();

type SubjectOptions = Pick<Subject, 'vendor'> & Partial<Omit<Subject, 'source' | 'protocol' | 'path'>>;

function subject(name: Protocol, options: SubjectOptions): Subject {
  const source = sources.get(name);
  const prefix = name.toUpperCase().replaceAll('-', '_');
  const settings = Object.values(source.settings);
  return {
    title: name,
    source,
    protocol: name,
    path: Object.keys(ROUTES)
      .find((route) => ROUTES[route] === name)!
      .replace(/^[A-Z]+ /, ''),
    pageSize: `${prefix}_PAGE_SIZE`,
    environment: {},
    secrets: settings.filter(({ secret }) => secret).map(({ env }) => env),
    concurrency: 1,
    ...options,
  };
}

const demo = (vendor: Vendor): Subject =>
  subject(`${vendor}-demo`, {
    vendor,
    concurrency: 3,
    environment: { [`${vendor.toUpperCase()}_DEMO_CONCURRENCY`]: '3' },
  });

/** Every source of the project, Qualys in both of its formats. */
export const SUBJECTS: Subject[] = [
  subject('qualys', { vendor: 'qualys', title: 'qualys in JSON', environment: { QUALYS_FORMAT: 'json' } }),
  subject('qualys', { vendor: 'qualys', title: 'qualys in XML', environment: { QUALYS_FORMAT: 'xml' } }),
  subject('crowdstrike', { vendor: 'crowdstrike' }),
  demo('qualys'),
  demo('crowdstrike'),
];

/** One source for each way of paging: the two demo sources differ only in their mappings. */
export const WAYS = SUBJECTS.filter(({ protocol }) => protocol !== 'crowdstrike-demo');

/** Sources that page by skip and limit. */
export const BY_OFFSET = WAYS.filter(({ protocol }) => protocol.endsWith('-demo'));

/** Sources that page by an id or a token: a listing that grows or shrinks shifts no page. */
export const BY_KEY = WAYS.filter(({ protocol }) => !protocol.endsWith('-demo'));
