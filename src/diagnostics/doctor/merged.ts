import { ASIDE_REMEDY, countAside, recordsAside } from '../../merge/set-aside.js';
import { attention, ok, type Check } from './check.js';

const NAMED = 3;

/** Reports records that could not be merged into hosts. */
export const mergedCheck: Check = {
  group: 'Merge',
  async run(doctor) {
    const store = await doctor.store();
    const count = await countAside(store);
    if (count === 0) return [ok('Every record can be merged')];
    const named = (await recordsAside(store, NAMED)).map(({ record }) => record).join(', ');
    return [
      attention(`${count} set aside, as they could not be merged: ${named}${count > NAMED ? ' …' : ''}`, ASIDE_REMEDY),
    ];
  },
};
