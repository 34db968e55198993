import { loadConfig } from '../../src/config.js';
import { takeOverRetryMs, beatMs, followMs, pageWaitMs, stickyMs, throttleMs } from '../../src/model/timings.js';

test('the timings of Temporal are derived from three settings, which can be fractions', () => {
  expect(loadConfig({}).timings).toEqual({ heartbeatMs: 10_000, retryMs: 2_000, retryMaxMs: 30_000 });
  const { timings } = loadConfig({ ROLLCALL_HEARTBEAT_SECONDS: '0.5', ROLLCALL_RETRY_SECONDS: '0.0501' });
  expect(timings).toEqual({ heartbeatMs: 500, retryMs: 50, retryMaxMs: 30_000 });
  for (const ms of [beatMs, throttleMs, stickyMs, pageWaitMs]) {
    expect(ms(timings)).toBeLessThan(timings.heartbeatMs);
    expect(Number.isInteger(ms(timings))).toBe(true);
  }
  expect(followMs(timings)).toEqual({ something: 250, nothing: 1_000 });
  expect(takeOverRetryMs(timings)).toBe(15_000);
});

test('the longest wait between two tries is never shorter than the first', () => {
  const { timings } = loadConfig({ ROLLCALL_RETRY_SECONDS: '60' });
  expect(timings).toMatchObject({ retryMs: 60_000, retryMaxMs: 60_000 });
});

test.each(['0', '-1', 'soon'])(
  'a heartbeat time-out of %s seconds is rejected, and the error names the setting',
  (value) => {
    expect(() => loadConfig({ ROLLCALL_HEARTBEAT_SECONDS: value })).toThrow(/ROLLCALL_HEARTBEAT_SECONDS/);
  },
);
