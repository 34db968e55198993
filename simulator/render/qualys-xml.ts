import { writeQualysHost, type LongLists } from './qualys-host.js';
import { Sink } from './sink.js';
import type { Shown } from './version.js';
import { jsonToXml } from './xml.js';

const SOFTWARE = '@software@';
const VULNS = '@vulns@';
const MARKS = /@software@|@vulns@/;
const MARKED: LongLists = {
  software: (sink) => sink.text(`"${SOFTWARE}"`),
  vulns: (sink) => sink.text(`"${VULNS}"`),
};

const scratch = new Sink();

/** Writes a host asset as XML. It converts the record itself from JSON. The functions in `lists` write XML already. */
export function writeAsXml(shown: Shown, lists: LongLists, sink: Sink): void {
  writeQualysHost(shown, 'xml', MARKED, scratch);
  const [head = '', middle = '', tail = ''] = jsonToXml(scratch.drain()).split(MARKS);
  sink.text(head);
  lists.software(sink);
  sink.text(middle);
  lists.vulns(sink);
  sink.text(tail);
}
