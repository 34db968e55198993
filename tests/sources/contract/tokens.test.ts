import { setTimeout as sleep } from 'node:timers/promises';
import { expectWhole, list } from './listed.js';
import { closeSimulators, simulate, type Simulated } from './simulated.js';
import { SUBJECTS } from './subjects.js';

afterEach(closeSimulators);

const crowdstrike = SUBJECTS.find(({ protocol }) => protocol === 'crowdstrike')!;
const { source, path } = crowdstrike;

const requests = async ({ state }: Simulated) => {
  const { paths, statuses } = await state();
  return { logins: paths['/oauth2/token'], pages: paths[path], rejected: statuses['401'] };
};

test('one token serves the whole listing and the next input', async () => {
  const simulated = await simulate(crowdstrike);
  const { pages } = await list(source, simulated.input());
  await list(source, simulated.input());
  expect(await requests(simulated)).toEqual({ logins: 1, pages: 2 * pages.length, rejected: undefined });
});

test('a token that the vendor revokes during a run is renewed once, and no record is lost or duplicated', async () => {
  const simulated = await simulate(crowdstrike);
  simulated.simulator.setFaults([{ kind: 'expire-tokens', at: 3 }]);
  const listed = await list(source, simulated.input());
  expectWhole(listed, simulated.truth());
  expect(await requests(simulated)).toEqual({ logins: 2, pages: listed.pages.length + 1, rejected: 1 });
});

test('a token is renewed before it expires, so the vendor rejects no page', async () => {
  const simulated = await simulate(crowdstrike, { tokenLifetime: 1, latency: 150 });
  const listed = await list(source, simulated.input());
  expectWhole(listed, simulated.truth());
  const { logins, rejected } = await requests(simulated);
  expect(rejected).toBeUndefined();
  expect(logins).toBeGreaterThan(1);
  expect(logins).toBeLessThan(listed.pages.length);
});

test('a listing that resumes after the token has expired with its worker requests a new token', async () => {
  const simulated = await simulate(crowdstrike, { tokenLifetime: 1 });
  const first = await list(source, simulated.input(), { most: 2 });
  await sleep(1_100);
  const rest = await list(source, simulated.input(), { from: first.pages.at(-1)!.next });
  expectWhole({ ...rest, ids: [...first.ids, ...rest.ids] }, simulated.truth());
  const { logins, rejected } = await requests(simulated);
  expect(rejected).toBeUndefined();
  // There are more logins when the rest takes longer than the lifetime of the new token.
  expect(logins).toBeGreaterThanOrEqual(2);
});

test('when the vendor rejects the new token too, the credentials are wrong and the input sends no further request', async () => {
  const simulated = await simulate(crowdstrike);
  simulated.simulator.setFaults([{ kind: 'expire-tokens', at: 1, times: 1_000 }]);
  const { failure } = await list(source, simulated.input());
  expect(failure?.kind).toBe('credentials-rejected');
  expect(await requests(simulated)).toEqual({ logins: 2, pages: 2, rejected: 2 });
});
