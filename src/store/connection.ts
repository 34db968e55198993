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
 * connection is lost. If the server closed the connection, the command waits forever. If the connection was lost in another
 * way, the command fails with an error that the driver does not retry. With this class the command continues and detects the lost connection, and the driver retries
 * the command.
 */
class NotifyingConnection extends Connection {
  override cleanup(error: Error): void {
    super.cleanup(error);
    this.socket.emit('drain');
  }
}

/** An option of `MongoClient` that its types do not declare. */
export const reportingConnection: object = { connectionType: NotifyingConnection };
