import type { Document } from 'mongodb';
import type { Store } from '../../store/database.js';
import { attention, ok, type Check, type Finding } from './check.js';
import { permissionFinding } from './mongodb-permissions.js';
import { versionFinding } from './tested.js';

/** Checks the server, its replica set, its write acknowledgement and our permissions. */
export const mongodbCheck: Check = {
  group: 'MongoDB',
  about: 'MongoDB',
  async run({ store, config }) {
    // Throws for an unreachable server, a standalone, and a connection string that weakens the write concern.
    const open = await store();
    const admin = open.client.db('admin');
    const [build, hello, acknowledging] = await Promise.all([
      admin.command({ buildInfo: 1 }),
      admin.command({ hello: 1 }),
      durability(open),
    ]);
    const set = hello['setName'] ? `, replica set ${hello['setName']}` : ', sharded cluster';
    return [
      versionFinding('MongoDB', String(build['version']), set),
      ...(await members(open)),
      acknowledging,
      await permissionFinding(open, config),
    ];
  },
};

async function members({ client }: Store): Promise<Finding[]> {
  const status = await allowed(client.db('admin').command({ replSetGetStatus: 1 }));
  if (!status) return []; // a sharded cluster, or no permission
  const all = status['members'] as { name: string; health: number; stateStr: string }[];
  const away = all.filter(({ health, stateStr }) => health !== 1 || !/^(?:PRIMARY|SECONDARY|ARBITER)$/.test(stateStr));
  if (away.length === 0) return [ok(`${all.length === 1 ? 'Its one member is' : `All ${all.length} members are`} up`)];
  const names = away.map(({ name, stateStr }) => `${name} is ${stateStr}`).join(', ');
  return [
    attention(`${away.length} of ${all.length} members are not up: ${names}`, 'Start them, or look at their logs'),
  ];
}

/**
 * Checks that the members acknowledge a write only after journaling it, because otherwise they may lose acknowledged writes.
 * The client itself always requests a majority with journal.
 */
async function durability({ client }: Store): Promise<Finding> {
  const config = await allowed(client.db('admin').command({ replSetGetConfig: 1 }));
  if (!config) return ok('Writes ask for a majority with journal');
  if ((config['config'] as Document)['writeConcernMajorityJournalDefault'] !== false)
    return ok('Writes are acknowledged by a majority with journal');
  return attention(
    'writeConcernMajorityJournalDefault is false: reads may see what a crash undoes',
    'In mongosh: cfg = rs.conf(); cfg.writeConcernMajorityJournalDefault = true; rs.reconfig(cfg)',
  );
}

/** Returns `undefined` if the user lacks the permission or the server does not support the command. */
async function allowed(command: Promise<Document>): Promise<Document | undefined> {
  try {
    return await command;
  } catch (error) {
    const { code } = error as { code?: number };
    // Unauthorized, CommandNotFound, CommandNotSupported, NoReplicationEnabled
    if (code !== undefined && [13, 59, 115, 76].includes(code)) return undefined;
    throw error;
  }
}
