import { expectSilent, expectWhole, list } from './listed.js';
import { closeSimulators, simulate } from './simulated.js';
import { SUBJECTS } from './subjects.js';

afterEach(closeSimulators);

const crowdstrike = SUBJECTS.find(({ protocol }) => protocol === 'crowdstrike')!;

test.each(SUBJECTS)(
  '$title does not follow a redirect to another origin, and sends no secret to it',
  async (subject) => {
    const { simulator, input, state } = await simulate(subject);
    simulator.setFaults([{ kind: 'redirect', at: 2, times: 1_000 }]);
    const { pages, failure } = await list(subject.source, input({ CROWDSTRIKE_REGION_HOSTS: '' }));
    expect(pages.map(({ next }) => next)).not.toContain(null);
    expect(failure).toMatchObject({ kind: 'redirect-refused', details: { status: 307 } });
    const { demoToken, clientSecret, qualysPassword } = simulator.credentials;
    expectSilent(failure!, [demoToken, clientSecret, qualysPassword]);
    expect((await state()).strays).toEqual({ requests: 0, withSecrets: 0 });
  },
);

test('a login is not sent to another origin', async () => {
  const { simulator, input, state } = await simulate(crowdstrike);
  simulator.setFaults([{ kind: 'redirect', on: 'crowdstrike-token' }]);
  const { failure } = await list(crowdstrike.source, input({ CROWDSTRIKE_REGION_HOSTS: '' }));
  expect(failure?.kind).toBe('redirect-refused');
  expectSilent(failure!, [simulator.credentials.clientSecret]);
  expect((await state()).strays).toEqual({ requests: 0, withSecrets: 0 });
});

test.each(['crowdstrike', 'all'] as const)(
  'a redirect to a region on the list is followed, from %s on, with a warning',
  async (on) => {
    const { simulator, input, truth } = await simulate(crowdstrike);
    simulator.setFaults([{ kind: 'region', on }]);
    const listed = await list(crowdstrike.source, input());
    expectWhole(listed, truth());
    const region = new URL(simulator.regionUrl).host;
    expect(listed.pages.flatMap(({ warnings }) => warnings ?? [])).toEqual([
      expect.stringMatching(new RegExp(`redirects this account to ${region}`)),
    ]);
  },
);

test('a redirect to another region in the middle of a listing keeps the position', async () => {
  const { simulator, input, truth } = await simulate(crowdstrike);
  simulator.setFaults([{ kind: 'region', at: 4, times: 1_000 }]);
  expectWhole(await list(crowdstrike.source, input()), truth());
});

test('a redirect to a region that is not on the list is rejected with a remedy', async () => {
  const { simulator, input } = await simulate(crowdstrike);
  simulator.setFaults([{ kind: 'region', on: 'all' }]);
  const { pages, failure } = await list(crowdstrike.source, input({ CROWDSTRIKE_REGION_HOSTS: '' }));
  expect(pages).toEqual([]);
  expect(failure).toMatchObject({ kind: 'redirect-refused', details: { status: 308 } });
  expect(failure!.details.remedy).toContain('CROWDSTRIKE_REGION_HOSTS');
});
