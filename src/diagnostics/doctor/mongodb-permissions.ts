import type { Config } from '../../config.js';
import type { Store } from '../../store/database.js';
import { attention, ok, type Finding } from './check.js';

/** Actions of a worker in its database. */
const NEEDED = [
  'find',
  'insert',
  'update',
  'remove',
  'createCollection',
  'createIndex',
  'listCollections',
  'listIndexes',
];
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)(?::\d+)?$/;

interface Privilege {
  resource: { db?: string; collection?: string; anyResource?: boolean; cluster?: boolean };
  actions: string[];
}

/** Checks that our user may do what a worker does, and that the server requires a user if other machines can reach it. */
export async function permissionFinding({ client, db }: Store, { mongodb }: Config): Promise<Finding> {
  const { authInfo } = await client.db('admin').command({ connectionStatus: 1, showPrivileges: true });
  const { authenticatedUsers: users, authenticatedUserPrivileges: privileges } = authInfo as {
    authenticatedUsers: { user: string; db: string }[];
    authenticatedUserPrivileges: Privilege[];
  };
  const [user] = users;
  if (!user) {
    const hosts = client.options.hosts.map((host) => host.toString());
    if (hosts.every((host) => LOOPBACK.test(host))) return ok('It requires no user, on loopback only');
    return attention(
      'It requires no user, and is not on loopback',
      'Fine within a closed network of containers. Elsewhere start it with --auth, and put user and password into MONGODB_URI',
    );
  }
  const missing = NEEDED.filter(
    (action) => !privileges.some((privilege) => covers(privilege, db.databaseName, action)),
  );
  if (missing.length === 0) return ok(`User ${user.user} may do all that a worker does in ${db.databaseName}`);
  return attention(
    `User ${user.user} may not ${missing.join(', ')} in ${db.databaseName}`,
    `In mongosh, on ${user.db}: db.grantRolesToUser('${user.user}', [{ role: 'readWrite', db: '${mongodb.database}' }])`,
  );
}

/** Only privileges on the whole database count, because collections are created as needed. */
function covers({ resource, actions }: Privilege, database: string, action: string): boolean {
  if (!actions.includes(action)) return false;
  if (resource.anyResource) return true;
  return (resource.db === database || resource.db === '') && resource.collection === '';
}
