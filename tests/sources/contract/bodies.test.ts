import { interrupt } from './interrupted.js';
import { expectWhole, list } from './listed.js';
import { declared, limitTo } from './limits.js';
import { closeSimulators, simulate } from './simulated.js';
import { SUBJECTS, WAYS } from './subjects.js';
import { series } from '../../support/soak.js';

const MIB = 1024 * 1024;

/** In place of the cap of 64 MiB, which takes a second to be filled. */
const SMALL = 4 * MIB;
limitTo({ maxBytes: SMALL });

jest.mock('../../../src/connectors/http/input.js', () =>
  jest.requireActual<typeof import('./limits.js')>('./limits.js').limited(),
);

afterEach(async () => {
  limitTo({ maxBytes: SMALL });
  await closeSimulators();
});

describe.each(WAYS)('$title', (subject) => {
  const { source, path, pageSize } = subject;

  test.each(['html', 'object', 'empty-body'] as const)('%s with status 200 is a mismatch and no end', async (kind) => {
    for (const from of [1, 4]) {
      const { failure } = await interrupt(subject, { kind }, { from });
      expect(failure).toMatchObject({ kind: 'response-mismatch', details: { status: 200 } });
      expect(failure.details.at).toMatch(path);
    }
  });

  test('what claims to be gzip and is not has not arrived', async () => {
    const { failure } = await interrupt(subject, { kind: 'bad-gzip' });
    expect(failure).toMatchObject({ kind: 'unreachable', message: expect.stringContaining('decompressed') });
  });

  test.each(['gzip-bomb', 'oversize'] as const)('%s is given up at the cap', async (kind) => {
    // Pages of one cannot be asked for in smaller ones.
    const { failure } = await interrupt(subject, { kind, bytes: 5 * MIB }, { environment: { [pageSize]: '1' } });
    expect(failure.kind).toBe('response-too-large');
    expect(failure.message).toMatch(/ sent more than \d+ bytes$/);
    expect(Number(/(\d+) bytes/.exec(failure.message)![1])).toBeLessThanOrEqual(SMALL);
    expect(failure.details.remedy).toContain(pageSize);
  });

  test('one page over the cap is asked for again in smaller ones, and that is told', async () => {
    const { simulator, input, truth } = await simulate(subject);
    simulator.setFaults([{ kind: 'oversize', bytes: 5 * MIB, at: 3 }]);
    const listed = await list(source, input());
    expectWhole(listed, await truth());
    expect(listed.pages.flatMap(({ warnings }) => warnings ?? []).join()).toMatch(/asked again in smaller pages/);
  });
});

test.each((['oversize', 'gzip-bomb'] as const).slice(0, series(1, 2)))(
  'the cap outside tests ends %s at 64 MiB',
  async (kind) => {
    const subject = SUBJECTS[0]!;
    limitTo();
    const { failure } = await interrupt(
      subject,
      { kind, bytes: 65 * MIB },
      { environment: { [subject.pageSize]: '1' } },
    );
    expect(failure).toMatchObject({ kind: 'response-too-large' });
    expect(failure.message).toMatch(new RegExp(` sent more than ${64 * MIB} bytes$`));
  },
);

test('no source declares a higher cap than that', async () => {
  for (const subject of SUBJECTS) (await simulate(subject)).input();
  expect(declared.length).toBeGreaterThanOrEqual(SUBJECTS.length);
  for (const { limits = {} } of declared) expect(limits.maxBytes ?? 0).toBeLessThanOrEqual(64 * MIB);
});
