import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { openStore, type Store } from '../../src/store/database.js';
import { dropStore } from '../support/store.js';

/**
 * The connection to MongoDB breaks while it transfers a large command. The driver alone fails with an error that it does not retry,
 * or waits without end.
 */

const target = new URL(process.env['ROLLCALL_TEST_MONGODB_URI']!);
let breakIt: ((socket: Socket) => void) | undefined;
const sockets = new Set<Socket>();
const proxy = createServer((socket) => {
  sockets.add(socket);
  const server = connect(Number(target.port), target.hostname);
  socket.on('data', (data) => {
    if (!breakIt || data.length < 10_000) return server.write(data);
    const now = breakIt;
    breakIt = undefined;
    socket.pause(); // so that the rest of the command stays at the client
    return setTimeout(() => now(socket), 50);
  });
  server.on('data', (data) => socket.write(data));
  socket.on('error', () => {}).on('close', () => server.destroy());
  server.on('error', () => {}).on('close', () => socket.destroy());
});

const open = () =>
  openStore({
    uri: `mongodb://127.0.0.1:${(proxy.address() as AddressInfo).port}/?directConnection=true`,
    database,
    hostsCollection: 'hosts',
  });
const database = `connection${Date.now()}`;
const large = Array.from({ length: 10 }, (_, at) => ({ _id: at, text: 'x'.repeat(900_000) }));
let store: Store;

beforeAll(async () => {
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  store = await open();
});

afterAll(async () => {
  await dropStore(store);
  for (const socket of sockets) socket.destroy();
  proxy.close();
});

test('options of the connection string apply, and the other options have defaults', async () => {
  const { serverSelectionTimeoutMS, maxPoolSize, appName } = store.client.options;
  expect({ serverSelectionTimeoutMS, maxPoolSize, appName }).toEqual({
    serverSelectionTimeoutMS: 10_000,
    maxPoolSize: 20,
    appName: 'rollcall',
  });
  const uri = `${target.href}&serverselectiontimeoutms=54321&maxPoolSize=7&appName=theirs`;
  const other = await openStore({ uri, database, hostsCollection: 'hosts' }, { prepare: false });
  expect(other.client.options).toMatchObject({ serverSelectionTimeoutMS: 54_321, maxPoolSize: 7, appName: 'theirs' });
  await other.close();
});

test('a large write is retried once when its connection is reset', async () => {
  breakIt = (socket) => socket.resetAndDestroy();
  await store.db.collection<{ _id: number }>('large').insertMany(large);
  expect(breakIt).toBeUndefined();
  expect(await store.db.collection('large').countDocuments()).toBe(large.length);
});

test('a large write fails when the client closes its connection', async () => {
  const other = await open();
  breakIt = () => void other.client.close(true);
  const written = other.db.collection<{ _id: number }>('given-up').insertMany(large);
  await expect(written).rejects.toThrow(/closed/);
});
