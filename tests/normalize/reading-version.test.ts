import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { denyListsOf } from '../../src/host/canonical/deny-lists/index.js';
import { loadConfig } from '../../src/config.js';
import { openNormalizerContext } from '../../src/normalize/context.js';
import type { Store } from '../../src/store/database.js';
import { hosts } from '../../src/normalize/datasets/hosts.js';
import { READER_VERSION, readingVersion } from '../../src/normalize/reading-version.js';
import { loadSources } from '../../src/sources/loading/registry.js';
import * as crowdstrike from '../sources/crowdstrike/devices.js';
import * as qualys from '../sources/qualys/assets.js';

const denyLists = { serials: [], uuids: [], macs: [], hostnames: [] };

/**
 * Digests of the records of fixed rows, by source, reader version and mapping. If a digest changes under an old version, a worker
 * skips pages in users' databases although they now give other records: raise the source's `mapping` (if its file changed) or
 * `READER_VERSION` (if anything else changed), and add a line.
 */
const KNOWN: Record<string, string> = {
  'crowdstrike 1.1': 'xp6eT7OdGRDzMAXJ',
  'crowdstrike 2.1': 'yMHhPAWUFJeLIv5m',
  'qualys 1.1': 'mQwaIYFiv2WoDktf',
  'qualys 2.1': 'EjNXmv52b-r44kcV',
};

const ROWS: Record<string, readonly object[]> = {
  crowdstrike: [crowdstrike.ec2Device, crowdstrike.windowsLaptop, crowdstrike.macLaptop],
  qualys: [qualys.ec2Asset, qualys.windowsAsset, qualys.azureAsset, qualys.gcpAsset],
};

test.each(Object.keys(ROWS))('%s: the records of fixed rows change only with its version', (name) => {
  const source = loadSources().get(name);
  const context = { denyLists: denyListsOf(denyLists) } as Parameters<typeof hosts.toRecord>[3];
  const hashes = ROWS[name]!.map((raw, index) => {
    const { hash, identity } = hosts.toRecord(source, source.map(raw), { index, offset: 0, length: 0 }, context);
    return `${hash} ${identity}`;
  });
  const digest = createHash('sha256').update(hashes.join('\n')).digest('base64url').slice(0, 16);
  const version = `${name} ${READER_VERSION}.${source.mapping}`;
  expect({ [version]: digest }).toEqual({ [version]: KNOWN[version] });
});

test('a file that changes while a worker runs changes the version of the next worker only', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-version-'));
  const write = (comment: string) =>
    writeFileSync(
      join(folder, 'acme.ts'),
      `${comment}export default { name: 'acme', vendor: 'acme', dataset: 'hosts', docs: 'https://example.com/', settings: {},
        listing: 'full', mapping: 1, input: () => ({}), decode: () => [], map: () => ({}) };`,
    );
  const config = loadConfig({ ROLLCALL_SOURCES: folder });
  const open = () => openNormalizerContext(config, {} as Store, loadSources({ folders: config.sourceFolders }));
  write('');
  const running = open();
  write('// the mapping was corrected\n');
  const restarted = open();
  expect(running.versionOf('acme')).not.toBe(restarted.versionOf('acme'));
  expect(running.versionOf('qualys')).toBe(restarted.versionOf('qualys'));
  rmSync(folder, { recursive: true });
});

test('the version changes with the mapping, with the deny lists and with a source file outside the project', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-version-'));
  const versionOf = (mapping: number, comment = '') => {
    writeFileSync(
      join(folder, 'acme.ts'),
      `${comment}export default { name: 'acme', vendor: 'acme', dataset: 'hosts', docs: 'https://example.com/', settings: {},
        listing: 'full', mapping: ${mapping}, input: () => ({}), decode: () => [], map: () => ({}) };`,
    );
    return readingVersion(loadSources({ folders: [folder] }), 'acme', denyLists);
  };
  const versions = [versionOf(1), versionOf(2), versionOf(2, '// another line\n')];
  const own = loadSources();
  versions.push(
    readingVersion(own, 'qualys', denyLists),
    readingVersion(own, 'qualys', { ...denyLists, serials: ['X'] }),
  );
  expect(new Set(versions).size).toBe(5);
  expect(versionOf(2)).toBe(versions[1]);
  expect(own.isOwn('qualys')).toBe(true);
  rmSync(folder, { recursive: true });
});
