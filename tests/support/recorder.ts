import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** What a server sent on one connection, as it went over the wire. */
export class Recording {
  readonly #pieces: Buffer[] = [];

  /** Everything so far. */
  get bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  push(piece: Buffer): void {
    this.#pieces.push(piece);
  }

  /**
   * Type and length of the last record of TLS; `null` when something is left
   * over behind it.
   */
  lastRecord(): { readonly type: number; readonly length: number } | null {
    const { bytes } = this;
    let last = null;
    let at = 0;
    while (at + 5 <= bytes.length) {
      last = { type: bytes[at]!, length: bytes.readUInt16BE(at + 3) };
      at += 5 + last.length;
    }
    return at === bytes.length ? last : null;
  }
}

/**
 * A port that leads one client to another port and records what comes back.
 *
 * @returns the port and the recording
 */
export async function recorded(
  port: number,
): Promise<{ readonly port: number; readonly recording: Recording }> {
  const recording = new Recording();
  const listener = createServer({ allowHalfOpen: true }, (client) => {
    listener.close();
    const server = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    server.on("data", (piece: Buffer) => recording.push(piece));
    join(client, server);
    join(server, client);
  });
  listener.listen(0, "127.0.0.1");
  await new Promise((resolve) => listener.once("listening", resolve));
  return { port: (listener.address() as AddressInfo).port, recording };
}

function join(from: Socket, to: Socket): void {
  from.pipe(to);
  from.on("error", () => to.destroy());
}
