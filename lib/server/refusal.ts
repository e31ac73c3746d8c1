import { encodeReply, reply } from "../protocol/reply.ts";
import type { TextCodec } from "../protocol/text_codec.ts";
import type { Clock } from "../spi/clock.ts";
import type { Connection } from "../spi/transport.ts";
import type { Lingering } from "../transfer/linger.ts";
import type { Refusal } from "./limits.ts";

/** How long the reply to a connection over the limit may take. */
const REFUSAL_MS = 1_000;

/** What somebody over the limit is told. */
export function refusalText(why: Refusal): string {
  return why === "too-many"
    ? "Too many connections. Service temporarily unavailable."
    : "Too many connections from the same IP address.";
}

/**
 * Sends 421 and closes. Best effort: who is over the limit must not cost
 * anything. Never rejects.
 */
export async function turnAway(
  connection: Connection,
  why: Refusal,
  codec: TextCodec,
  clock: Clock,
  lingering: Lingering,
): Promise<void> {
  const cancel = clock.after(REFUSAL_MS, () => connection.close());
  try {
    await connection.write(encodeReply(reply(421, refusalText(why)), codec));
    await connection.closeWrite();
    await lingering.add(connection);
  } catch {
    // The client is gone: so much the better.
  } finally {
    cancel();
    connection.close();
  }
}
