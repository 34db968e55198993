import { createRequire } from 'node:module';
import type { Socket } from 'node:net';

/** The part of the driver's connection that is relied on here. */
interface DriverConnection {
  socket: Socket;
  /** Called once when the connection is lost; what is under way on it fails with `error`. */
  cleanup(error: Error): void;
}

const { Connection } = createRequire(__filename)('mongodb/lib/cmap/connection') as {
  Connection: new (...options: unknown[]) => DriverConnection;
};

/**
 * The driver's connection, without a defect of it (present in 6.20 to 7.9): a command that waits for its socket to take the
 * rest of it is not told when the connection is lost. It waits for ever when the other side closed it, and otherwise fails
 * with a bare error that no retry recognises. Here it goes on, finds the connection lost, and the driver tries again.
 */
class ConnectionThatTells extends Connection {
  override cleanup(error: Error): void {
    super.cleanup(error);
    this.socket.emit('drain');
  }
}

/** An option of `MongoClient` that its types do not show. */
export const reportingConnection: object = { connectionType: ConnectionThatTells };
