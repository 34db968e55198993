import { setTimeout as sleep } from 'node:timers/promises';
import { expectWhole, list } from './listed.js';
import { closeSimulators, simulate, type Simulated } from './simulated.js';
import { SUBJECTS } from './subjects.js';

afterEach(closeSimulators);

const crowdstrike = SUBJECTS.find(({ protocol }) => protocol === 'crowdstrike')!;
const { source, path } = crowdstrike;

const requests = async ({ state }: Simulated) => {
  const { paths, statuses } = await state();
  return { logins: paths['/oauth2/token'], pages: paths[path], refused: statuses['401'] };
};

test('one token does for the whole listing, and for the next input', async () => {
  const simulated = await simulate(crowdstrike);
  const { pages } = await list(source, simulated.input());
  await list(source, simulated.input());
  expect(await requests(simulated)).toEqual({ logins: 1, pages: 2 * pages.length, refused: undefined });
});

test('a token that the vendor takes back in mid-run is renewed once, and no record is lost or doubled', async () => {
  const simulated = await simulate(crowdstrike);
  simulated.simulator.setFaults([{ kind: 'expire-tokens', at: 3 }]);
  const listed = await list(source, simulated.input());
  expectWhole(listed, simulated.truth());
  expect(await requests(simulated)).toEqual({ logins: 2, pages: listed.pages.length + 1, refused: 1 });
});

test('a token is renewed before its life ends: no page is refused', async () => {
  const simulated = await simulate(crowdstrike, { tokenLifetime: 1, latency: 150 });
  const listed = await list(source, simulated.input());
  expectWhole(listed, simulated.truth());
  const { logins, refused } = await requests(simulated);
  expect(refused).toBeUndefined();
  expect(logins).toBeGreaterThan(1);
  expect(logins).toBeLessThan(listed.pages.length);
});

test('a walk taken up after the token died with its worker asks for a new one', async () => {
  const simulated = await simulate(crowdstrike, { tokenLifetime: 1 });
  const first = await list(source, simulated.input(), { most: 2 });
  await sleep(1_100);
  const rest = await list(source, simulated.input(), { from: first.pages.at(-1)!.next });
  expectWhole({ ...rest, ids: [...first.ids, ...rest.ids] }, simulated.truth());
  const { logins, refused } = await requests(simulated);
  expect(refused).toBeUndefined();
  // More than that where the rest takes longer than the new token lives.
  expect(logins).toBeGreaterThanOrEqual(2);
});

test('a new token that is refused as well is one of wrong credentials: nothing is hammered', async () => {
  const simulated = await simulate(crowdstrike);
  simulated.simulator.setFaults([{ kind: 'expire-tokens', at: 1, times: 1_000 }]);
  const { failure } = await list(source, simulated.input());
  expect(failure?.kind).toBe('credentials-rejected');
  expect(await requests(simulated)).toEqual({ logins: 2, pages: 2, refused: 2 });
});
