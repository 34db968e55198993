import { MongoServerError, type Db } from 'mongodb';

export const REPLICA_SET = 'rs0';

const NOT_YET_INITIALIZED = 94;
const INVALID_REPLICA_SET_CONFIG = 93;

/**
 * Takes one step towards a one-member replica set whose member is `host`, and returns whether it is primary. Initiates a new data
 * folder, and reconfigures one whose stored configuration names a port that the server had before.
 */
export async function isPrimary(admin: Db, host: string): Promise<boolean> {
  const hello = await admin.command({ hello: 1 });
  if (hello['isWritablePrimary'] === true && hello['me'] === host) return true;
  try {
    await admin.command({ replSetGetStatus: 1 });
  } catch (error) {
    const code = error instanceof MongoServerError ? error.code : undefined;
    const members = [{ _id: 0, host }];
    if (code === NOT_YET_INITIALIZED) await admin.command({ replSetInitiate: { _id: REPLICA_SET, members } });
    if (code === INVALID_REPLICA_SET_CONFIG) await moveTo(admin, members);
  }
  return false;
}

async function moveTo(admin: Db, members: { _id: number; host: string }[]): Promise<void> {
  // MongoDB rejects replSetGetConfig on a server that is no member any more, but the stored document can be read.
  const config = await admin.client.db('local').collection('system.replset').findOne({});
  if (!config) return;
  await admin.command({ replSetReconfig: { ...config, version: Number(config['version']) + 1, members }, force: true });
}
