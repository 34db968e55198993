import * as fc from 'fast-check';
import { readObservation, storedObservation } from '../../src/store/stored-observation.js';
import { machine, made } from '../host/machines.js';

test('a stored observation is read as it was, with its times', () => {
  const time = fc.date({ noInvalidDate: true });
  const times = fc.record(
    {
      created_time: time,
      first_seen_time: time,
      last_seen_time: time,
      modified_time: time,
      boot_time: time,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(machine, times, fc.string({ unit: 'binary' }), (look, own, tag) => {
      const { observation } = made(look, 1);
      const given = { ...observation, tags: [tag], device: { ...observation.device, ...own } };
      const stored = storedObservation(given);
      expect(readObservation(stored)).toEqual(given);
      expect(Object.keys(stored.times).sort()).toEqual(
        ['boot_time', 'last_seen_time', 'modified_time'].filter((field) => given.device[field as 'boot_time']),
      );
    }),
  );
});
