import type { Connection } from "../lib/spi/transport.ts";
import type { ReceivingSocket } from "./_receive_file.ts";

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
