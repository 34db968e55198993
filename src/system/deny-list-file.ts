import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { DenyLists } from '../host/canonical/deny-lists/index.js';
import { Failure } from '../model/failure.js';

const texts = z.array(z.string().min(1)).optional();
const denyLists = z.strictObject({ serials: texts, uuids: texts, macs: texts, hostnames: texts, domains: texts });

/** Reads the deny lists in the file that `ROLLCALL_DENY_LISTS` names. Throws `Failure('settings-invalid')` that describes the error. */
export function readDenyLists(path: string): DenyLists {
  const bad = (why: string) =>
    new Failure('settings-invalid', `ROLLCALL_DENY_LISTS: ${path} ${why}`, {
      remedy: 'Give the path of a JSON file: {"serials": [], "uuids": [], "macs": [], "hostnames": [], "domains": []}',
    });
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw bad(`cannot be read (${(error as { code?: string }).code ?? 'error'})`);
  }
  let lists: unknown;
  try {
    lists = JSON.parse(text);
  } catch {
    throw bad('is not JSON');
  }
  const parsed = denyLists.safeParse(lists);
  if (!parsed.success)
    throw bad(parsed.error.issues.map(({ path: at, message }) => `${at.join('.')}: ${message}`).join('; '));
  return parsed.data as DenyLists;
}
