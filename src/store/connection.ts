import { createRequire } from 'node:module';
import type { Socket } from 'node:net';

/** The part of the driver's connection that this file uses. */
interface DriverConnection {
  socket: Socket;
  /** Called once when the connection is lost; running commands fail with `error`. */
  cleanup(error: Error): void;
}

const { Connection } = createRequire(__filename)('mongodb/lib/cmap/connection') as {
  Connection: new (...options: unknown[]) => DriverConnection;
};

/**
 * Works around a defect of the driver (6.20 to 7.9): a command that waits for its socket to drain is not notified when the
 * connection is lost. It waits forever if the server closed the connection, and otherwise fails with a plain error that the
 * driver does not retry. Here it continues, detects the lost connection, and the driver retries it.
 */
class NotifyingConnection extends Connection {
  override cleanup(error: Error): void {
    super.cleanup(error);
    this.socket.emit('drain');
  }
}

/** An option of `MongoClient` that its types do not declare. */
export const reportingConnection: object = { connectionType: NotifyingConnection };
