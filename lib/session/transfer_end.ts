import type { DataChannel } from "../transfer/data_channel.ts";
import type { Lanes } from "./lanes.ts";
import type { Sleepers } from "./sleepers.ts";

/**
 * How long a command for the data connection waits for a transfer that is
 * about to end: a client that has seen the last byte may be faster than our
 * 226.
 */
const TRANSFER_END_MS = 1_000;

/**
 * Waits for a transfer that may be about to end, while other commands are
 * served.
 *
 * @returns whether none is under way any more
 */
export async function transferEnded(
  data: DataChannel,
  lanes: Lanes,
  sleepers: Sleepers,
): Promise<boolean> {
  await lanes.meanwhile(
    Promise.race([data.ended, sleepers.sleep(TRANSFER_END_MS)]),
  );
  return data.transfer === null;
}
