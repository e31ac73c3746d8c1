import { compileHelper } from "../measure/helper.ts";
import {
  BENCH_ACCOUNT,
  LISTED_FILES,
  type Peer,
  type PeerCommand,
  PeerMissingError,
  type PeerPlace,
} from "./peer.ts";

/**
 * The name of what is no server to compare with: a bare C loop that shows what
 * the client and the kernel can do at most.
 */
export const LIMIT_NAME: string = "limit";

/** `measure/limit_peer.c`. */
export const limit: Peer = {
  name: LIMIT_NAME,
  account: BENCH_ACCOUNT,
  discards: true,
  async prepare({ folder, port, tls }: PeerPlace): Promise<PeerCommand> {
    if (tls !== null) {
      throw new PeerMissingError(
        "it has no TLS (see ftpbench --ceiling --tls)",
      );
    }
    const command = await compileHelper("limit_peer");
    if (command === null) throw new PeerMissingError("gcc is missing");
    const args = [String(port), folder, String(LISTED_FILES)];
    return { command, args };
  },
};
