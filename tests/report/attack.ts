import type { Store } from '../../src/store/database.js';
import { AS_OF, before, fillTheRest } from './fleet.js';

/** Texts with which an attacker can name a machine. */
export const PAYLOADS = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(2)>',
  "'><svg/onload=alert(3)>",
  ']]></style><script>alert(4)</script>',
  '</title></svg><script>alert(5)</script>',
  '--><script>alert(6)</script>',
  '" onmouseover="alert(7)" style="background:url(http://127.0.0.1:9/x)',
  "=cmd|' /C calc'!A0",
  '@SUM(1+1)*cmd',
  '+1+1',
  '-2+3',
  'javascript:alert(8)',
  '{a|rich}{b}{@[0]}${7*7}{{7*7}}',
  '\u0000\u0007\u001b[31m\u2028\u202eevil\ud800',
  'url(http://127.0.0.1:9/y)',
  ...Object.getOwnPropertyNames(Object.prototype),
  '<b>long</b>'.repeat(100),
  '&lt;script&gt;alert(9)&lt;/script&gt;',
  '#1f6fb2" onload="alert(10)',
];

let next = 0;
const evil = () => PAYLOADS[next++ % PAYLOADS.length]!;

/** Fills every collection that a report reads with such texts, in every field that contains text. */
export async function plant(store: Store): Promise<void> {
  await store.hosts.insertMany(
    Array.from({ length: 120 }, (_, at) => ({
      _id: `${evil()}-${at}`,
      class: 'machine' as const,
      device: {
        type_id: 1,
        type: evil(),
        name: evil(),
        hostname: evil(),
        domain: evil(),
        ip: evil(),
        mac: evil(),
        os: { name: evil(), type_id: 99, type: evil(), version: evil() },
        agent_list: [
          { type_id: 1, name: evil(), vendor_name: evil(), version: evil() },
          { type_id: 1, name: PAYLOADS[at % 3]!, vendor_name: evil(), version: evil() },
        ],
        region: evil(),
        owner: { name: evil() },
      },
      cloud: { provider: evil(), account: { uid: evil() } },
      external_ips: [evil()],
      tags: [evil()],
      status: evil(),
      first_seen: before(at % 50),
      last_seen: before(at % 60),
      sources: [
        { record: `${evil()}:1`, source: evil(), vendor: evil(), supplies: [evil()] },
        { record: `${evil()}:2`, source: PAYLOADS[at % 3]!, vendor: evil(), supplies: [evil()] },
      ],
      keys: [evil()],
      reasons: [{ level: evil() as never, keys: [evil()], records: [evil(), evil()] as [string, string] }],
      conflicts: [{ path: evil(), value: evil(), record: evil() }],
      refused: [
        {
          rule: evil() as never,
          level: 'mac' as const,
          keys: [],
          against: [],
          records: ['a', 'b'] as [string, string],
        },
      ],
      created: { at: AS_OF, run: evil() },
      version: 1,
      updated_at: AS_OF,
    })),
  );
  let at = 0;
  await fillTheRest(store, (plain) => {
    at += 1;
    // Ids must stay distinct.
    return `${PAYLOADS[at % 6]!}${plain}${/^run-|^qualys|^category|^crowdstrike/.test(plain) ? ` ${at}` : ''}`;
  });
}
