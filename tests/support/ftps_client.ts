import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { type Reply, ReplyParser } from "./reply_parser.ts";

/** How this client speaks TLS. */
export interface ClientTls {
  readonly version?: "1.2" | "1.3";
  /** To be resumed. */
  readonly session?: Buffer | undefined;
  readonly cert?: string;
  readonly key?: string;
  /** Another port that leads to a passive one. */
  readonly detour?: (port: number) => Promise<number>;
}

/** How a data connection ended: all of it, or not. */
export interface DataResult {
  readonly content: Buffer;
  /** `error` when TLS or TCP broke. */
  readonly end: "end" | "error";
}

/** A client of FTP over TLS that lets a test do everything wrong. */
export class FtpsClient implements Disposable {
  readonly #raw: Socket;
  readonly #tls: ClientTls;
  readonly #parser = new ReplyParser({ lenient: false });
  readonly #replies: (Reply | null)[] = [];
  readonly #waiters: ((reply: Reply | null) => void)[] = [];
  readonly #opened: Socket[] = [];
  #stream: Socket;
  #over: (how: "end" | "error") => void = () => {};
  /** How the control connection ended. */
  readonly closed: Promise<"end" | "error"> = new Promise((resolve) =>
    this.#over = resolve
  );
  /** The last session that the server gave on the control connection. */
  session: Buffer | undefined;

  constructor(port: number, tls: ClientTls = {}) {
    this.#tls = tls;
    this.#raw = connectTcp(port, "127.0.0.1");
    this.#stream = this.#raw;
    this.#opened.push(this.#raw);
    this.#listen(this.#raw);
  }

  /** A client that is logged in and protects its data. */
  static async login(port: number, tls: ClientTls = {}): Promise<FtpsClient> {
    const client = new FtpsClient(port, tls);
    await client.expect(null, 220);
    await client.expect("AUTH TLS", 234);
    await client.secure();
    await client.logIn();
    return client;
  }

  /** The same for a port where clients begin with TLS. */
  static async implicit(
    port: number,
    tls: ClientTls = {},
  ): Promise<FtpsClient> {
    const client = new FtpsClient(port, tls);
    await client.secure();
    await client.expect(null, 220);
    await client.logIn();
    return client;
  }

  async logIn(): Promise<void> {
    await this.expect("USER user", 331);
    await this.expect("PASS pass", 230);
    await this.expect("PBSZ 0", 200);
    await this.expect("PROT P", 200);
    await this.expect("TYPE I", 200);
  }

  /** The handshake on the control connection. */
  async secure(): Promise<TLSSocket> {
    this.#raw.removeAllListeners("data");
    const secure = this.#upgrade(this.#raw, this.#tls);
    secure.on("session", (session) => this.session = session);
    this.#stream = secure;
    this.#listen(secure);
    await handshake(secure);
    return secure;
  }

  /** Sends bytes as they are. */
  write(bytes: Uint8Array | string): void {
    this.#stream.write(bytes);
  }

  /** The next reply; `null` when the connection is over. */
  reply(): Promise<Reply | null> {
    const reply = this.#replies.shift();
    if (reply !== undefined) return Promise.resolve(reply);
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Sends a line, none for `null`, and takes a reply of this code. */
  async expect(line: string | null, ...codes: number[]): Promise<Reply> {
    if (line !== null) this.write(`${line}\r\n`);
    const reply = await this.reply();
    if (reply === null || !codes.includes(reply.code)) {
      throw new Error(`Cannot go on after ${line}: ${reply?.raw ?? "closed"}`);
    }
    return reply;
  }

  /** A connection to a passive port, clear yet. */
  async passive(): Promise<Socket> {
    const reply = await this.expect("EPSV", 229);
    const named = Number(/\(\|\|\|(\d+)\|\)/.exec(reply.raw)?.[1]);
    const port = await this.#tls.detour?.(named) ?? named;
    const socket = connectTcp(port, "127.0.0.1");
    socket.on("error", () => {});
    this.#opened.push(socket);
    await new Promise((resolve) => socket.once("connect", resolve));
    return socket;
  }

  /**
   * TLS on a data connection.
   *
   * @param session to resume; the last one of the control connection
   */
  async protect(
    socket: Socket,
    session: Buffer | null | undefined = this.session,
  ): Promise<TLSSocket> {
    const { version } = this.#tls;
    const secure = this.#upgrade(socket, {
      ...(version === undefined ? {} : { version }),
      session: session ?? undefined,
    });
    await handshake(secure);
    return secure;
  }

  /** RETR over a protected connection, to its last reply. */
  async retrieve(
    line: string,
    session?: Buffer | null,
  ): Promise<DataResult & { readonly reply: Reply | null }> {
    const socket = await this.passive();
    await this.expect(line, 125, 150);
    let result: DataResult = { content: Buffer.alloc(0), end: "error" };
    try {
      result = await received(await this.protect(socket, session));
    } catch {
      // The reply tells.
    }
    socket.destroy();
    return { ...result, reply: await this.reply() };
  }

  [Symbol.dispose](): void {
    for (const socket of this.#opened) socket.destroy();
  }

  #upgrade(socket: Socket, tls: ClientTls): TLSSocket {
    const { version, session, cert, key } = tls;
    return connectTls({
      socket,
      rejectUnauthorized: false,
      ...(version === undefined
        ? {}
        : { minVersion: `TLSv${version}`, maxVersion: `TLSv${version}` }),
      ...(session === undefined ? {} : { session }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    });
  }

  #listen(stream: Socket): void {
    stream.on("data", (chunk: Buffer) => {
      for (const reply of this.#parser.push(chunk)) this.#deliver(reply);
    });
    stream.once("end", () => this.#over("end"));
    stream.on("error", () => {
      this.#over("error");
      this.#deliver(null);
    });
    stream.on("close", () => {
      this.#over("error");
      this.#deliver(null);
    });
  }

  #deliver(reply: Reply | null): void {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#replies.push(reply);
    else waiter(reply);
  }
}

/** Everything until the server finished, or broke off. */
export function received(socket: Socket): Promise<DataResult> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    const over = (end: "end" | "error") =>
      resolve({ content: Buffer.concat(chunks), end });
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.once("end", () => over("end"));
    socket.once("error", () => over("error"));
    socket.once("close", () => over("error"));
  });
}

function handshake(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("secureConnect", () => resolve());
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("Cannot shake hands: closed")));
  });
}
