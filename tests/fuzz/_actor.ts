import type {
  MemoryConnection,
  MemoryTransport,
} from "../../adapters/memory.ts";
import type { Connection, Listener } from "../../lib/spi/transport.ts";
import type { SeededRandom } from "../support/random.ts";
import { type Reply, ReplyParser } from "../support/reply_parser.ts";
import { Ledger } from "./_ledger.ts";

const encoder = new TextEncoder();
const HERE = "127.0.0.1";

/** A data connection of a client, with what the client did to it. */
export interface DataEnd {
  readonly id: number;
  readonly connection: Connection | MemoryConnection;
  /** Everything, also what is still on its way. */
  written: string;
  /** Writes, and the end of writing, that are not done. */
  pending: number;
  sending: Promise<void>;
  /**
   * `finished`: all was sent, then the end. `closed`: perhaps not all. `cut`:
   * broken off before the end.
   */
  state: "open" | "finished" | "closed" | "cut";
}

/**
 * A client that does what chance says: it never waits for an answer unless
 * told, and cuts what it sends wherever it likes.
 */
export class Actor {
  readonly ledger: Ledger = new Ledger();
  readonly data: DataEnd[] = [];
  /** Why the ledger does not hold, or what broke the form of replies. */
  problem: unknown = null;
  /** The server has ended the control connection. */
  ended = false;
  readonly #control: MemoryConnection;
  readonly #transport: MemoryTransport;
  readonly #random: SeededRandom;
  readonly #parser = new ReplyParser();
  readonly #listeners: Listener[] = [];
  #greeted = false;
  #port = 0;
  #sending: Promise<void> = Promise.resolve();
  #nextId = 100;

  constructor(
    control: MemoryConnection,
    transport: MemoryTransport,
    random: SeededRandom,
  ) {
    this.#control = control;
    this.#transport = transport;
    this.#random = random;
    void this.#listen(); // never rejects
  }

  /** Sends whole lines in one or several pieces. */
  send(lines: readonly string[]): void {
    let rest = encoder.encode(lines.map((line) => `${line}\r\n`).join(""));
    for (const line of lines) this.ledger.sent(line);
    while (rest.length > 0) {
      const length = this.#random.below(3) === 0
        ? rest.length
        : 1 + this.#random.below(rest.length);
      const piece = rest.subarray(0, length);
      rest = rest.subarray(length);
      this.#sending = this.#sending.then(() => this.#control.write(piece))
        .catch(() => {});
    }
  }

  /** Connects to the port of the last PASV or EPSV. */
  async connect(from: string = HERE): Promise<void> {
    if (this.#port === 0) return;
    try {
      const connection = await this.#transport.dial({
        hostname: HERE,
        port: this.#port,
        from,
      });
      if (from === HERE) this.#own(connection);
      else connection.close();
    } catch {
      // The port is closed by now.
    }
  }

  /** Listens, says so, and takes the server's connection when it comes. */
  async offerPort(): Promise<void> {
    const listener = await this.#transport.listen({ hostname: HERE, port: 0 });
    this.#listeners.push(listener);
    const { port } = listener.local;
    this.send([`PORT 127,0,0,1,${port >> 8},${port & 255}`]);
    void listener.accept().then((connection) => {
      if (connection !== null) this.#own(connection);
    });
  }

  /** Writes to a data connection what shows where it came from. */
  write(end: DataEnd): void {
    if (end.state !== "open") return;
    const piece = `<${end.id}:${"x".repeat(this.#random.below(300))}>`;
    end.written += piece;
    this.#then(end, () => end.connection.write(encoder.encode(piece)));
  }

  finish(end: DataEnd): void {
    if (end.state !== "open") return;
    end.state = "finished";
    this.ledger.note(`data ${end.id} finished`);
    this.#then(end, () => end.connection.closeWrite());
  }

  close(end: DataEnd): void {
    if (end.state === "open") end.state = "closed";
    if (end.state === "finished" && end.pending > 0) end.state = "closed";
    this.ledger.note(`data ${end.id} closed`);
    end.connection.close();
  }

  /** Breaks a data connection off. */
  cut(end: DataEnd): void {
    if (!("reset" in end.connection)) return;
    if (end.state === "open") end.state = "cut";
    this.ledger.note(`data ${end.id} cut`);
    end.connection.reset();
  }

  /** Reads a data connection to its end. */
  async drain(end: DataEnd): Promise<void> {
    try {
      while (await end.connection.read() !== null);
    } catch {
      // Closed here, or broken off: there is no more.
    }
  }

  leave(how: "close" | "reset"): void {
    this.ended = true;
    this.ledger.note(how);
    this.#control[how]();
  }

  /** Lets go of everything but the control connection. */
  release(): void {
    for (const end of this.data) this.close(end);
    for (const listener of this.#listeners) listener.close();
  }

  #own(connection: Connection): void {
    const id = this.#nextId++;
    this.ledger.note(`data ${id} open`);
    this.data.push({
      id,
      connection,
      written: "",
      pending: 0,
      sending: Promise.resolve(),
      state: "open",
    });
  }

  /** What is done to one connection is done in turn. */
  #then(end: DataEnd, act: () => Promise<void>): void {
    end.pending++;
    end.sending = end.sending.then(act).then(
      () => void end.pending--,
      () => {}, // It stays on its way for ever.
    );
  }

  async #listen(): Promise<void> {
    try {
      for (;;) {
        const chunk = await this.#control.read();
        if (chunk === null) break;
        for (const reply of this.#parser.push(chunk)) this.#heard(reply);
      }
      if (this.#parser.pending > 0) throw new Error("Half a reply at the end");
    } catch (error) {
      // What we broke off ourselves is no problem.
      if (!this.ended) this.problem ??= error;
    }
    this.ended = true;
  }

  #heard(reply: Reply): void {
    if (!this.#greeted) {
      this.#greeted = true;
      if (reply.code !== 220) throw new Error("No greeting");
      return;
    }
    this.ledger.received(reply);
    const extended = /^229 .*\|\|\|(\d+)\|/.exec(reply.raw);
    const numbers = /^227 .*,(\d+),(\d+)\)/.exec(reply.raw);
    if (extended) this.#port = Number(extended[1]);
    if (numbers) this.#port = Number(numbers[1]) * 256 + Number(numbers[2]);
  }
}
