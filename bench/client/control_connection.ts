import net from "node:net";

/** One complete reply of the server. */
export interface Reply {
  /** 100 to 559. */
  readonly code: number;
  /** All lines, without line ends. */
  readonly text: string;
}

/** Where a server listens, and how patient the client is. */
export interface ServerAddress {
  readonly hostname: string;
  readonly port: number;
  /** 0 waits without end. */
  readonly timeoutMs: number;
  /** Told of every line in both directions, `PASS` excepted. */
  readonly trace?: (line: string) => void;
}

interface Waiter {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

/** The server answered with a code that the benchmark cannot go on from. */
export class ReplyError extends Error {
  override readonly name = "ReplyError";
  readonly code: number;

  constructor(command: string, reply: Reply) {
    super(`Cannot go on after ${command}: ${reply.text}`);
    this.code = reply.code;
  }
}

/** The control connection: one line out, one reply in (RFC 959, 4.2). */
export class ControlConnection {
  readonly #socket: net.Socket;
  readonly #trace: (line: string) => void;
  readonly #replies: Reply[] = [];
  readonly #waiters: Waiter[] = [];
  #partial = "";
  #lines: string[] = [];
  #failure: Error | null = null;

  constructor(socket: net.Socket, trace: (line: string) => void) {
    this.#socket = socket;
    this.#trace = trace;
    socket.setNoDelay(true);
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => this.#receive(text));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("Connection closed")));
  }

  /** Connects; the greeting is the first reply. */
  static connect(address: ServerAddress): Promise<ControlConnection> {
    return new Promise((resolve, reject) => {
      const socket = net.connect(address.port, address.hostname);
      socket.once("error", reject);
      if (address.timeoutMs > 0) {
        socket.setTimeout(address.timeoutMs, () => {
          socket.destroy(new Error("Cannot reach the server: timed out"));
        });
      }
      socket.once("connect", () => {
        socket.off("error", reject);
        const trace = address.trace ?? ((): void => {});
        resolve(new ControlConnection(socket, trace));
      });
    });
  }

  /** The server's address, which data connections go to as well. */
  get remoteAddress(): string {
    return this.#socket.remoteAddress ?? "";
  }

  get isIpv6(): boolean {
    return this.#socket.remoteFamily === "IPv6";
  }

  /** Sends one command line and leaves its reply to `reply()`. */
  send(line: string): void {
    this.#trace(line.startsWith("PASS ") ? "> PASS" : `> ${line}`);
    this.#socket.write(`${line}\r\n`, "latin1");
  }

  /** The next reply, in the order in which they come. */
  reply(): Promise<Reply> {
    const reply = this.#replies.shift();
    if (reply !== undefined) return Promise.resolve(reply);
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
    });
  }

  /** @throws {ReplyError} when the next reply's first digit is another one */
  async expect(firstDigits: string, command: string): Promise<Reply> {
    const reply = await this.reply();
    if (!firstDigits.includes(String(Math.floor(reply.code / 100)))) {
      throw new ReplyError(command, reply);
    }
    return reply;
  }

  /** Sends a command and takes its reply, which must start with 2. */
  command(line: string): Promise<Reply> {
    this.send(line);
    return this.expect("2", line.startsWith("PASS ") ? "PASS" : line);
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(text: string): void {
    let start = 0;
    for (;;) {
      const end = text.indexOf("\n", start);
      if (end === -1) break;
      const line = this.#partial + text.slice(start, end);
      this.#partial = "";
      start = end + 1;
      this.#line(line.endsWith("\r") ? line.slice(0, -1) : line);
    }
    this.#partial += text.slice(start);
  }

  #line(line: string): void {
    this.#trace(`< ${line}`);
    this.#lines.push(line);
    // The last line of a reply is the first line's code and a space.
    const code = this.#lines[0]?.slice(0, 3) ?? "";
    if (!line.startsWith(`${code} `) && line !== code) return;
    const reply = { code: Number(code), text: this.#lines.join(" | ") };
    this.#lines = [];
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#replies.push(reply);
    else waiter.resolve(reply);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
  }
}
