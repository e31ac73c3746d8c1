import { connect } from "node:net";
import type { Socket } from "node:net";
import {
  ActiveListener,
  type DataChannel,
  type DataMode,
  dialData,
} from "./data_channel.ts";
import { resetSocket } from "./reset.ts";
import { passivePort, ReplyError } from "./reply_error.ts";
import { type Reply, ReplyParser } from "./reply_parser.ts";

/** Where a control connection goes to. */
export interface ClientTarget {
  readonly hostname: string;
  readonly port: number;
  /** The local IP to connect from. */
  readonly localHostname?: string;
  /** Lets a bare CR or LF inside a reply pass. */
  readonly lenient?: boolean;
}

/**
 * A small client that hides nothing: every command and every reply is the
 * caller's. Replies are parsed strictly, and a reply that nobody asked for
 * stays in the queue and spoils the next `cmd`, so it cannot go unnoticed.
 */
export class FtpClient {
  readonly #socket: Socket;
  readonly #parser: ReplyParser;
  readonly #replies: Reply[] = [];
  readonly #waiters: {
    resolve(reply: Reply): void;
    reject(error: Error): void;
  }[] = [];
  /** How the server ended the control connection. */
  readonly closed: Promise<"end" | "reset">;
  #end: Error | null = null;
  #last: Reply | null = null;

  private constructor(socket: Socket, lenient: boolean) {
    this.#socket = socket;
    this.#parser = new ReplyParser({ lenient });
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    this.closed = new Promise((resolve) => {
      socket.once("end", () => resolve("end"));
      socket.once("error", () => resolve("reset"));
      socket.once("close", (failed) => resolve(failed ? "reset" : "end"));
    });
    this.closed.then((how) => {
      this.#fail(
        new Error(
          `Cannot read reply: control connection ${
            how === "end" ? "closed" : "reset"
          } by server`,
        ),
      );
    });
  }

  /** Connects without reading the greeting. */
  static async connect(target: ClientTarget): Promise<FtpClient> {
    const socket = connect({
      host: target.hostname,
      port: target.port,
      ...(target.localHostname ? { localAddress: target.localHostname } : {}),
    });
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve();
      });
    });
    return new FtpClient(socket, target.lenient ?? false);
  }

  /** Connects, reads the greeting and logs in, in TYPE I. */
  static async login(
    target: ClientTarget,
    username = "user",
    password = "pass",
  ): Promise<FtpClient> {
    const client = await FtpClient.connect(target);
    await client.expect(null, 220);
    await client.expect(`USER ${username}`, 331);
    await client.expect(`PASS ${password}`, 230);
    await client.expect("TYPE I", 200);
    return client;
  }

  /** Replies that came and were not taken yet. */
  get unread(): readonly Reply[] {
    return this.#replies;
  }

  /** The reply that was taken last. */
  get lastReply(): Reply | null {
    return this.#last;
  }

  /** The local port of the control connection. */
  get localPort(): number {
    return this.#socket.localPort ?? 0;
  }

  /** Sends bytes as they are. */
  async write(bytes: Uint8Array | string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#socket.write(bytes, (error) => error ? reject(error) : resolve());
    });
  }

  /** Sends a line; text goes as UTF-8. */
  send(line: string | Uint8Array): Promise<void> {
    return this.write(
      typeof line === "string"
        ? `${line}\r\n`
        : Buffer.concat([line, Buffer.from("\r\n")]),
    );
  }

  /** The next reply. */
  async reply(): Promise<Reply> {
    const reply = this.#replies.shift();
    if (!reply && this.#end) throw this.#end;
    this.#last = reply ?? await new Promise<Reply>((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
    });
    return this.#last;
  }

  /** Sends a line and takes one reply. */
  async cmd(line: string | Uint8Array): Promise<Reply> {
    await this.send(line);
    return await this.reply();
  }

  /**
   * Sends a line (none for `null`) and takes one reply of the given code.
   *
   * @throws {ReplyError} on any other code
   */
  async expect(
    line: string | Uint8Array | null,
    ...codes: number[]
  ): Promise<Reply> {
    const reply = line === null ? await this.reply() : await this.cmd(line);
    if (!codes.includes(reply.code)) {
      throw new ReplyError(line === null ? "(reply)" : String(line), reply);
    }
    return reply;
  }

  /** Asks for a data connection and sets it up. */
  async openData(mode: DataMode = "PASV"): Promise<DataChannel> {
    if (mode === "PASV" || mode === "EPSV") {
      const reply = await this.expect(mode, mode === "PASV" ? 227 : 229);
      const channel = dialData(
        this.#socket.remoteAddress!,
        passivePort(reply),
      );
      await channel.connected;
      return channel;
    }
    const local = this.#socket.localAddress!;
    const listener = await ActiveListener.listen(local);
    const line = mode === "PORT"
      ? `PORT ${local.replaceAll(".", ",")},${listener.port >> 8},${
        listener.port & 255
      }`
      : `EPRT |${local.includes(":") ? 2 : 1}|${local}|${listener.port}|`;
    try {
      await this.expect(line, 200);
    } catch (error) {
      listener.close();
      throw error;
    }
    return listener.channel;
  }

  /** Runs a command that sends data to us, to its 226. */
  async retrieve(line: string | Uint8Array, mode?: DataMode): Promise<Buffer> {
    const data = await this.#start(line, mode);
    const body = await data.readAll();
    await this.expect(null, 226);
    return body;
  }

  /** Like {@linkcode retrieve}, but only the SHA-256 is kept. */
  async retrieveHash(
    line: string | Uint8Array,
    mode?: DataMode,
  ): Promise<string> {
    const data = await this.#start(line, mode);
    const hash = await data.readHash();
    await this.expect(null, 226);
    return hash;
  }

  /** Runs a command that takes data from us, to its 226. */
  async store(
    line: string | Uint8Array,
    content: Uint8Array | string,
    mode?: DataMode,
  ): Promise<Reply> {
    const data = await this.#start(line, mode);
    await data.end(Buffer.from(content));
    const reply = await this.expect(null, 226);
    data.destroy();
    return reply;
  }

  /** The lines of a listing. */
  async list(line: string | Uint8Array, mode?: DataMode): Promise<string[]> {
    const text = (await this.retrieve(line, mode)).toString("utf8");
    return text === "" ? [] : text.replace(/\r\n$/, "").split("\r\n");
  }

  /** Says QUIT and waits until the server has closed. */
  async quit(): Promise<void> {
    await this.expect("QUIT", 221);
    await this.closed;
    this.#socket.destroy();
  }

  /** Stops reading replies, so that the server's writes fill up. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Sends FIN without QUIT. */
  end(): void {
    this.#socket.end();
  }

  /** Breaks the control connection with a TCP reset. */
  reset(): void {
    resetSocket(this.#socket);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  async #start(
    line: string | Uint8Array,
    mode: DataMode = "PASV",
  ): Promise<DataChannel> {
    const data = await this.openData(mode);
    try {
      await this.expect(line, 125, 150);
    } catch (error) {
      data.destroy();
      throw error;
    }
    return data;
  }

  #take(chunk: Buffer): void {
    let replies: Reply[];
    try {
      replies = this.#parser.push(chunk);
    } catch (error) {
      this.#fail(error as Error);
      this.#socket.destroy();
      return;
    }
    for (const reply of replies) {
      const waiter = this.#waiters.shift();
      if (waiter) waiter.resolve(reply);
      else this.#replies.push(reply);
    }
  }

  #fail(error: Error): void {
    this.#end ??= error;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(this.#end);
  }
}
