import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { connect } from "node:net";
import { isMainThread } from "node:worker_threads";
import type { RuntimeGap } from "../../adapters/_runtime_gaps.ts";
import type { Endpoint, Transport } from "../../lib/spi/transport.ts";
import type { RawPeer, TransportFixture } from "./transport.ts";

/** The fixture of a transport of real sockets. */
export function nativeFixture(
  transport: Transport,
  queues: boolean,
  gaps: readonly RuntimeGap[] = [],
): TransportFixture {
  return { transport, queues, gaps, dial: dialNative, handles: openSockets };
}

/** A peer of `node:net`, whatever the runtime: only that one can reset. */
function dialNative(to: Endpoint): Promise<RawPeer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: to.hostname, port: to.port });
    socket.on("error", reject);
    socket.pause();
    socket.on("connect", () =>
      resolve({
        write: (bytes) => void socket.write(bytes),
        reset: () => void socket.resetAndDestroy(),
      }));
  });
}

/**
 * TCP sockets of this program; 0 where the system does not tell, and in a
 * thread, beside which others open theirs.
 */
function openSockets(): number {
  if (!isMainThread) return 0;
  try {
    const tcp = new Set([...inodes("tcp"), ...inodes("tcp6")]);
    return readdirSync("/proc/self/fd")
      .filter((name) => tcp.has(inodeOf(name))).length;
  } catch {
    return 0;
  }
}

/** What the system's table of sockets has in its tenth column. */
function inodes(table: "tcp" | "tcp6"): readonly string[] {
  return readFileSync(`/proc/self/net/${table}`, "utf8").split("\n")
    .map((line) => line.trim().split(/\s+/)[9] ?? "");
}

function inodeOf(name: string): string {
  try {
    const link = readlinkSync(`/proc/self/fd/${name}`);
    return /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? "none";
  } catch {
    // The descriptor of the listing itself has gone.
    return "none";
  }
}
