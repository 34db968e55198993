import { categoryOf, eventIdOf, valueOf } from '../../model/event-values.js';
import type { EventObservation } from '../../model/observations.js';
import { RecordRejected, type Mapped } from '../../model/source.js';
import { isRaw } from '../mapping/raw.js';

/**
 * Maps a line of an event log: `{"id", "category", "value"}`, plus any other fields. The id is text or a number (an integer
 * beyond 2^53 up to 64 bits), the category text, the value a number. Throws `RecordRejected`.
 */
export function mapEvent(raw: unknown): Mapped<'events'> {
  if (!isRaw(raw)) throw new RecordRejected('record is not an object');
  const { id, category, value, ...more } = raw;
  const observation: EventObservation = { id: eventIdOf(id), category: categoryOf(category), value: valueOf(value) };
  if (Object.keys(more).length > 0) observation.more = more;
  return { id: String(observation.id), observation };
}
