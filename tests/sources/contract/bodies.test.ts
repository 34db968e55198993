import { interrupt } from './interrupted.js';
import { expectWhole, list } from './listed.js';
import { closeSimulators, simulate } from './simulated.js';
import { SUBJECTS } from './subjects.js';

afterEach(closeSimulators);

const MIB = 1024 * 1024;

describe.each(SUBJECTS)('$title', (subject) => {
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
    const { failure } = await interrupt(subject, { kind, bytes: 80 * MIB }, { environment: { [pageSize]: '1' } });
    expect(failure.kind).toBe('response-too-large');
    expect(failure.message).toMatch(/ sent more than \d+ bytes$/);
    expect(Number(/(\d+) bytes/.exec(failure.message)![1])).toBeLessThanOrEqual(64 * MIB);
    expect(failure.details.remedy).toContain(pageSize);
  });

  test('one page over the cap is asked for again in smaller ones, and that is told', async () => {
    const { simulator, input, truth } = await simulate(subject);
    simulator.setFaults([{ kind: 'oversize', bytes: 70 * MIB, at: 3 }]);
    const listed = await list(source, input());
    expectWhole(listed, await truth());
    expect(listed.pages.flatMap(({ warnings }) => warnings ?? []).join()).toMatch(/asked again in smaller pages/);
  });
});
