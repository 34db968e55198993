import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectResumable, expectWhole, list } from './listed.js';
import { closeSimulators, simulate } from './simulated.js';
import { SUBJECTS, type Subject } from './subjects.js';

afterEach(closeSimulators);

const FOLDER = join(__dirname, '../../../../shared/records');
const present = existsSync(join(FOLDER, 'qualys-hosts.json')) && existsSync(join(FOLDER, 'crowdstrike-hosts.json'));
if (!present) process.stdout.write('Skipped: no recorded records next to the repository\n');

/** The native ids in the file. */
function recordedIds({ vendor }: Subject): string[] {
  const records = JSON.parse(readFileSync(join(FOLDER, `${vendor}-hosts.json`), 'utf8')) as Record<string, unknown>[];
  return records.map((record) => String(record[vendor === 'qualys' ? 'id' : 'device_id']));
}

(present ? describe : describe.skip).each(SUBJECTS)('$title', (subject) => {
  test('the seven recorded records are read exactly once, in pages of two, also when the listing resumes after any page', async () => {
    const { input } = await simulate(subject, { records: FOLDER });
    const open = () => input({ [subject.pageSize]: '2' });
    const listed = await list(subject.source, open());
    expectWhole(listed, recordedIds(subject));
    expect(listed.ids).toHaveLength(7);
    await expectResumable(subject.source, open, listed);
  });
});

/** The observations that a protocol gives for its machines, by native id. */
async function observed(subject: Subject, records?: string) {
  const { input } = await simulate(subject, records === undefined ? {} : { records });
  const { records: mapped } = await list(subject.source, input());
  return Object.fromEntries(mapped.map(({ id, observation }) => [id, observation]));
}

describe.each(['generated', ...(present ? ['recorded'] : [])])('%s records', (kind) => {
  test.each(['qualys', 'crowdstrike'])(
    'every protocol of %s gives the same observation of a machine',
    async (vendor) => {
      const [first, ...others] = SUBJECTS.filter((subject) => subject.vendor === vendor);
      const expected = await observed(first!, kind === 'recorded' ? FOLDER : undefined);
      expect(Object.keys(expected).length).toBeGreaterThan(6);
      for (const other of others) {
        expect(await observed(other, kind === 'recorded' ? FOLDER : undefined)).toEqual(expected);
      }
    },
  );
});
