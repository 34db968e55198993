import { MongoServerError, type Db } from 'mongodb';

export const REPLICA_SET = 'rs0';

const NOT_YET_INITIALIZED = 94;
const INVALID_REPLICA_SET_CONFIG = 93;

/**
 * One step towards a one-member replica set whose member is `host`: says whether it is primary by now, and does what is
 * missing. A new data folder is initiated; one whose configuration names another port, because the server had one then, is
 * given this one.
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
  // replSetGetConfig is refused to somebody who is no member any more; the stored document is not.
  const config = await admin.client.db('local').collection('system.replset').findOne({});
  if (!config) return;
  await admin.command({ replSetReconfig: { ...config, version: Number(config['version']) + 1, members }, force: true });
}
