import type { Protocol } from '../../../simulator/faults/fault.js';
import type { Vendor } from '../../../simulator/listing.js';
import { ROUTES } from '../../../simulator/vendors.js';
import { loadSources } from '../../../src/sources/loading/registry.js';
import type { SourceDefinition } from '../../../src/model/source.js';

/** One source in one of its forms, and what the suite must know to point it at the simulator. */
export interface Subject {
  title: string;
  source: SourceDefinition;
  vendor: Vendor;
  /** What the simulator calls the listing, and where it is. */
  protocol: Protocol;
  path: string;
  /** Variable of the page size. */
  pageSize: string;
  /** Variables beyond those that `environmentOf` sets. */
  environment: Record<string, string>;
  /** Variables whose values must never be seen. */
  secrets: string[];
  /** Pages that may be in flight. */
  concurrency: number;
}

const sources = loadSources();

type Told = Pick<Subject, 'vendor'> & Partial<Omit<Subject, 'source' | 'protocol' | 'path'>>;

function subject(name: Protocol, told: Told): Subject {
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
    ...told,
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

/** One source for each way of asking: the two of the demo differ in their mappings alone. */
export const WAYS = SUBJECTS.filter(({ protocol }) => protocol !== 'crowdstrike-demo');

/** Sources that ask by skip and limit. */
export const BY_OFFSET = WAYS.filter(({ protocol }) => protocol.endsWith('-demo'));

/** Sources that go on after an id or by a token: a listing that grows or shrinks moves no page. */
export const BY_KEY = WAYS.filter(({ protocol }) => !protocol.endsWith('-demo'));
