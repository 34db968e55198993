import { jsonlInput, jsonlRows } from '../../connectors/jsonl/index.js';
import { setting } from '../../model/settings.js';
import { mapEvent } from './event.js';
import { defineSource } from '../../model/source.js';

/** Events from a log of JSON lines: `{"id", "category", "value"}`. */
export default defineSource({
  name: 'events',
  vendor: 'log',
  dataset: 'events',
  docs: 'https://jsonlines.org/',
  settings: {
    path: setting.text('EVENTS_PATH', { help: 'a file, or a folder of .jsonl and .ndjson files; gzip too' }),
  },
  listing: 'append',
  freshnessMs: 0,
  mapping: 1,
  decode: jsonlRows(),
  map: mapEvent,
  input: ({ path }) => jsonlInput({ source: 'events', path }),
});
