import { setTimeout as delay } from 'node:timers/promises';
import type { Held, HeldMessage } from './in-flight-messages.js';
import { inTens, type Queue } from './queue.js';

const BACKOFF_MS = [100, 400, 1_600];

/**
 * Deletes messages and lets go of them. Returns how many are left after the last try: those come again. Throws `Failure`
 * when a whole request fails; its messages stay held.
 */
export async function remove(messages: HeldMessage[], queue: Queue, held: Held): Promise<number> {
  let left = 0;
  held.leave(messages, true);
  try {
    await inTens(messages, async (ten) => {
      left += await removeTen(ten, queue, held);
    });
  } finally {
    held.leave(messages, false);
  }
  return left;
}

async function removeTen(ten: HeldMessage[], queue: Queue, held: Held): Promise<number> {
  let rest = ten;
  let hopeless = 0;
  for (const wait of [...BACKOFF_MS, undefined]) {
    const used = rest.map(({ id, receipt }) => ({ id, receipt }));
    const refused = await queue.delete(used);
    const again: HeldMessage[] = [];
    for (const [index, message] of rest.entries()) {
      const fault = refused.get(message.id);
      // One that came again meanwhile is taken away by AWS for its newest receipt only.
      const changed = message.receipt !== used[index]?.receipt;
      if (changed || fault === false) again.push(message);
      else {
        if (fault) hopeless += 1;
        held.drop(message);
      }
    }
    rest = again;
    if (rest.length === 0 || wait === undefined) break;
    await delay(wait);
  }
  for (const message of rest) held.drop(message);
  return hopeless + rest.length;
}
