import { createHash } from "node:crypto";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { resetSocket } from "./reset.ts";

/** How a client asks for its data connection. */
export type DataMode = "PASV" | "EPSV" | "PORT" | "EPRT";

/** All four, for loops. */
export const DATA_MODES: readonly DataMode[] = ["PASV", "EPSV", "PORT", "EPRT"];

/** What the peer of a data connection did last. */
export type DataEnd = "end" | "reset";

/** The client's end of one data connection, connected or about to be. */
export class DataChannel {
  /** Settles when the connection stands; rejects when it cannot. */
  readonly connected: Promise<Socket>;
  /** How the server's direction ended. */
  readonly ended: Promise<DataEnd>;
  #keep: Buffer[] | null = [];
  #hash = createHash("sha256");
  #received = 0;

  constructor(connected: Promise<Socket>) {
    this.connected = connected;
    this.ended = connected.then((socket) => this.#watch(socket));
    // Read through `connected` by whoever uses the channel.
    this.ended.catch(() => undefined);
  }

  /** Bytes that have arrived. */
  get received(): number {
    return this.#received;
  }

  /** Everything until the server finished. */
  async readAll(): Promise<Buffer> {
    await this.#finished();
    return Buffer.concat(this.#keep ?? []);
  }

  /** SHA-256, in hex, of everything until the server finished. */
  async readHash(): Promise<string> {
    this.#keep = null;
    await this.#finished();
    return this.#hash.digest("hex");
  }

  /** Sends `bytes`, waiting until the system took them. */
  async write(bytes: Uint8Array): Promise<void> {
    const socket = await this.connected;
    await new Promise<void>((resolve, reject) => {
      socket.write(bytes, (error) => error ? reject(error) : resolve());
    });
  }

  /** Sends `bytes` and the end of the stream. */
  async end(bytes?: Uint8Array): Promise<void> {
    const socket = await this.connected;
    await new Promise<void>((resolve) => {
      if (bytes) socket.end(bytes, resolve);
      else socket.end(resolve);
    });
  }

  /** Stops reading, so that the server's writes fill up. */
  async pause(): Promise<void> {
    (await this.connected).pause();
  }

  async resume(): Promise<void> {
    (await this.connected).resume();
  }

  /** Breaks the connection with a TCP reset. */
  async reset(): Promise<void> {
    resetSocket(await this.connected);
  }

  /** Lets go of the connection, whatever its state. */
  destroy(): void {
    this.connected.then((socket) => socket.destroy(), () => undefined);
  }

  async #finished(): Promise<void> {
    if (await this.ended === "reset") {
      throw new Error("Cannot read data connection: reset by peer");
    }
    (await this.connected).end();
  }

  #watch(socket: Socket): Promise<DataEnd> {
    return new Promise((resolve) => {
      socket.on("data", (chunk: Buffer) => {
        this.#received += chunk.length;
        this.#hash.update(chunk);
        this.#keep?.push(chunk);
      });
      socket.once("end", () => resolve("end"));
      socket.once("error", () => resolve("reset"));
      socket.once("close", (failed) => resolve(failed ? "reset" : "end"));
    });
  }
}

/** Connects to a passive listener. */
export function dialData(hostname: string, port: number): DataChannel {
  return new DataChannel(
    new Promise((resolve, reject) => {
      const socket = connect({ host: hostname, port, allowHalfOpen: true });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(socket);
      });
    }),
  );
}

/** A listener for active mode that takes one connection. */
export class ActiveListener {
  readonly #server: Server;
  readonly channel: DataChannel;

  private constructor(server: Server) {
    this.#server = server;
    this.channel = new DataChannel(
      new Promise((resolve, reject) => {
        server.once("connection", (socket) => {
          server.close();
          resolve(socket);
        });
        server.once("close", () => {
          reject(new Error("Cannot take data connection: listener closed"));
        });
      }),
    );
    this.channel.connected.catch(() => undefined);
  }

  static async listen(hostname: string): Promise<ActiveListener> {
    const server = createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: hostname, port: 0 }, resolve);
    });
    return new ActiveListener(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
  }
}
