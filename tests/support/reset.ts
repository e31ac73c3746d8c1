import type { Socket } from "node:net";

/** What Node's sockets have besides their public members. */
interface Resettable {
  resetAndClosing?: boolean;
}

/**
 * Breaks a connection with a TCP reset and nothing before it. On Node,
 * `resetAndDestroy()` would send FIN first: the peer could take that for a
 * clean end, and rightly so.
 */
export function resetSocket(socket: Socket): void {
  if ("Deno" in globalThis || "Bun" in globalThis) {
    socket.resetAndDestroy();
    return;
  }
  (socket as Resettable).resetAndClosing = true;
  socket.destroy();
}
