import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SourceAccount } from '../../src/model/run.js';
import { localSimulator, type LocalSimulator } from '../support/local-simulator.js';
import { openPipeline, type Pipeline } from '../support/pipeline.js';

/** When a vendor changes the fields of its records, the run reports it and completes. */

const dir = mkdtempSync(join(tmpdir(), 'rollcall-drift-'));
let recorded: LocalSimulator | undefined;
let pipeline: Pipeline | undefined;
afterAll(async () => {
  await pipeline?.close();
  await recorded?.stop();
  rmSync(dir, { recursive: true });
});

type Raw = Record<string, unknown>;
const rows = (more: (id: number) => Raw): Raw[] =>
  Array.from({ length: 40 }, (_, id) => ({
    id: id + 1,
    name: `host-${id}`,
    dnsHostName: `host-${id}.corp.test`,
    ...more(id),
  }));

async function collect(records: Raw[]): Promise<SourceAccount> {
  writeFileSync(join(dir, 'qualys-hosts.json'), JSON.stringify(records));
  writeFileSync(join(dir, 'crowdstrike-hosts.json'), '[]');
  const port = recorded ? Number(new URL(recorded.url).port) : 0;
  await recorded?.stop();
  recorded = await localSimulator({ records: dir, port });
  pipeline ??= await openPipeline({ ...recorded.environment, QUALYS_DEMO_PAGE_SIZE: '20' });
  return (await pipeline.collect({ sources: ['qualys-demo'], force: true })).sources['qualys-demo']!;
}

test('a run reports new and vanished fields once; it does not report rare fields and names that are values', async () => {
  const first = await collect(rows((id) => ({ agentInfo: { status: 'ACTIVE' }, ...(id === 3 ? { rare: 1 } : {}) })));
  expect(first.status).toBe('complete');
  expect(first.drift).toBeUndefined();

  const changed = () =>
    rows((id) => ({ risk: { score: id, level: 'high' }, labels: { [`host-${id}@corp.test`]: true } }));
  const second = await collect(changed());
  expect(second).toMatchObject({ status: 'complete', changed: expect.any(Number) as number });
  expect(second.drift).toEqual({ appeared: ['labels', 'risk'], vanished: ['agentInfo'] });
  expect(JSON.stringify(second.drift)).not.toContain('corp.test');

  // A field that was absent for a time is not new.
  const third = await collect(
    changed().map((row, id) => ({ ...row, name: `renamed-${id}`, ...(id === 5 ? { rare: 2 } : {}) })),
  );
  expect(third.status).toBe('complete');
  expect(third.drift).toBeUndefined();
});
