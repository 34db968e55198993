import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { download } from '../../../src/servers/programs/download.js';
import { probe } from '../../../src/servers/programs/probe.js';
import { run } from '../../../src/servers/run.js';

let dir: string;
let server: Server | undefined;

beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'rollcall-download-'))));
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  rmSync(dir, { recursive: true, force: true });
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const notOnWindows = process.platform === 'win32' ? test.skip : test;

notOnWindows('the package of mongod downloads it from the mirror that the user set, into the cache', async () => {
  const bin = join(dir, 'mongodb-fake', 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'mongod'), '#!/bin/sh\necho db version v8.0.1\n');
  chmodSync(join(bin, 'mongod'), 0o755);
  execFileSync('tar', ['-czf', 'mongod.tgz', 'mongodb-fake'], { cwd: dir });
  const asked: string[] = [];
  const mirror = await serve((request, response) => {
    asked.push(request.url ?? '');
    const archive = readFileSync(join(dir, 'mongod.tgz'));
    const md5 = createHash('md5').update(archive).digest('hex');
    const body = request.url?.endsWith('.md5') ? Buffer.from(`${md5}  mongod.tgz`) : archive;
    response.writeHead(200, { 'content-length': body.length }).end(body);
  });
  // The cache folders of the package must not contain a mongod already: they are below HOME.
  const environment = {
    PATH: process.env['PATH'],
    HOME: dir,
    ROLLCALL_CACHE: join(dir, 'cache'),
    MONGOMS_USE_HTTP: '1',
  };
  const printed: string[] = [];
  const path = await download('mongod', { ...environment, MONGOMS_DOWNLOAD_MIRROR: mirror }, (line) =>
    printed.push(line),
  );
  expect(asked.some((url) => url.endsWith('.tgz'))).toBe(true);
  expect(printed).toEqual(['downloading with mongodb-memory-server-core']);
  expect(execFileSync(path, { encoding: 'utf8' })).toContain('v8.0.1');
  expect(path.startsWith(join(dir, 'cache'))).toBe(true);
});

test('a host that does not exist is reported within the deadline', async () => {
  await expect(probe(new URL('https://host.invalid'), {})).rejects.toThrow(/^host\.invalid cannot be reached/);
});

test('behind a proxy the request goes to the proxy, and its error response is the result', async () => {
  const proxy = await serve(() => {});
  const responses = ['HTTP/1.1 200 Connection established\r\n\r\n', 'HTTP/1.1 403 Forbidden\r\n\r\n'];
  server?.on('connect', (_request, socket) => socket.end(responses.shift()));
  await expect(probe(new URL('https://host.invalid'), { HTTPS_PROXY: proxy })).resolves.toBeUndefined();
  await expect(probe(new URL('https://host.invalid'), { HTTPS_PROXY: proxy })).rejects.toThrow(
    /the proxy responded 403/,
  );
});

notOnWindows(
  'a program without progress is killed with the processes that it started, and a program with progress may take its time',
  async () => {
    const options = { environment: { PATH: process.env['PATH'] }, growing: dir, stallMs: 600 };
    const late = join(dir, 'late');
    await expect(run('/bin/sh', ['-c', `(sleep 1.5; echo > ${late}) & sleep 30`], options)).rejects.toThrow(
      /no progress for 0\.6 s/,
    );
    const steps = `for i in 1 2 3 4 5 6; do sleep 0.25; echo x >> ${join(dir, 'grows')}; done; echo done`;
    await expect(run('/bin/sh', ['-c', steps], options)).resolves.toBe('done\n');
    expect(existsSync(late)).toBe(false);
  },
);
