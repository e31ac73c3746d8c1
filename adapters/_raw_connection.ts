import type { Connection, SocketOptions } from "../lib/spi/transport.ts";
import type { ReceivingSocket } from "./_receive_file.ts";

/** How a runtime accepts connections for TLS to run over. */
export interface RawSocketOptions extends SocketOptions {
  /** Whether they have to be {@linkcode RawConnection}s. */
  readonly raw?: boolean;
}

/** A connection of a runtime, for TLS to run over. */
export interface RawConnection extends Connection {
  /**
   * Sends what goes at once, right before `close()`; nothing while another
   * write is under way, as it would come in its midst.
   */
  sendLast(bytes: Uint8Array): void;
  /** For calls of the system beside the runtime; `null` where that cannot be. */
  receivingSocket(): ReceivingSocket | null;
}
