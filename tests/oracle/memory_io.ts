import { localFileSystem } from "../../adapters/_local_files.ts";
import { systemClock, systemRandom } from "../../adapters/_system_clock.ts";
import {
  FtpServer,
  MemoryAuthorizer,
  type MemoryConnection,
  MemoryTransport,
  type MemoryTransportOptions,
  readAll,
} from "../../adapters/memory.ts";
import { type Reply, ReplyParser } from "../support/reply_parser.ts";
import { DIALOGUE_USERS } from "./compare.ts";
import type { DialogueDataMode } from "./dialogue.ts";
import { makeFixture } from "./node_io.ts";
import {
  type DialogueControl,
  type DialogueData,
  type DialogueIo,
  latin1Bytes,
} from "./runner.ts";

const HOSTNAME = "127.0.0.1";

/** Plays a dialogue over the memory transport: no ports, real files. */
export class MemoryDialogueIo implements DialogueIo, AsyncDisposable {
  readonly #base: string;
  readonly #transport: MemoryTransport;
  readonly #server: FtpServer;

  private constructor(
    base: string,
    transport: MemoryTransport,
    server: FtpServer,
  ) {
    this.#base = base;
    this.#transport = transport;
    this.#server = server;
  }

  /** A server with the users of the dialogue, on a folder in `base`. */
  static async start(
    base: string,
    options?: MemoryTransportOptions,
  ): Promise<MemoryDialogueIo> {
    const directory = makeFixture(base);
    const fileSystem = localFileSystem(directory);
    const authorizer = new MemoryAuthorizer();
    const all = { username: "user", permissions: "elradfmwMT" };
    for (const { username, permissions } of [all, ...DIALOGUE_USERS]) {
      const user = { fileSystem, permissions };
      if (username === "anonymous") authorizer.addAnonymous(user);
      else authorizer.addUser({ ...user, username, password: "pass" });
    }
    const transport = new MemoryTransport(options);
    const server = new FtpServer(
      { transport, clock: systemClock(), random: systemRandom() },
      { authorizer, banner: "Ready.", failedLoginDelayMs: 0 },
    );
    await server.listen({ hostname: HOSTNAME, port: 21 });
    return new MemoryDialogueIo(base, transport, server);
  }

  reset(): Promise<void> {
    makeFixture(this.#base);
    return Promise.resolve();
  }

  async openControl(): Promise<DialogueControl> {
    const to = { hostname: HOSTNAME, port: 21 };
    return new MemoryControl(
      await this.#transport.dial(to),
      this.#transport,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
  }
}

class MemoryControl implements DialogueControl {
  readonly #connection: MemoryConnection;
  readonly #transport: MemoryTransport;
  readonly #parser = new ReplyParser({ lenient: true });
  readonly #replies: Reply[] = [];

  constructor(connection: MemoryConnection, transport: MemoryTransport) {
    this.#connection = connection;
    this.#transport = transport;
  }

  async write(bytes: Uint8Array): Promise<void> {
    // A session that the server ended is told by the missing reply.
    await this.#connection.write(bytes).catch(() => undefined);
  }

  async reply(): Promise<string | null> {
    while (this.#replies.length === 0) {
      const chunk = await this.#connection.read().catch(() => null);
      if (chunk === null) return null;
      this.#replies.push(...this.#parser.push(chunk));
    }
    return this.#replies.shift()!.raw;
  }

  async openData(
    mode: DialogueDataMode,
  ): Promise<{ reply: string | null; data: DialogueData | null }> {
    return mode === "PASV" || mode === "EPSV"
      ? await this.#passive(mode)
      : await this.#active(mode);
  }

  close(): Promise<void> {
    this.#connection.close();
    return Promise.resolve();
  }

  async #passive(
    mode: "PASV" | "EPSV",
  ): Promise<{ reply: string | null; data: DialogueData | null }> {
    await this.write(latin1Bytes(`${mode}\r\n`));
    const reply = await this.reply();
    const short = /,(\d+),(\d+)\)/.exec(reply ?? "");
    const long = /\(\|\|\|(\d+)\|\)/.exec(reply ?? "");
    if (!short && !long) return { reply, data: null };
    const port = short
      ? Number(short[1]) * 256 + Number(short[2])
      : Number(long![1]);
    const dialled = this.#transport.dial({ hostname: HOSTNAME, port });
    return { reply, data: new MemoryData(await dialled) };
  }

  async #active(
    mode: "PORT" | "EPRT",
  ): Promise<{ reply: string | null; data: DialogueData | null }> {
    const listener = await this.#transport.listen({
      hostname: HOSTNAME,
      port: 0,
    });
    const { port } = listener.local;
    const address = mode === "PORT"
      ? `127,0,0,1,${port >> 8},${port & 255}`
      : `|1|${HOSTNAME}|${port}|`;
    await this.write(latin1Bytes(`${mode} ${address}\r\n`));
    const reply = await this.reply();
    const connection = /^200/.test(reply ?? "")
      ? await listener.accept() as MemoryConnection
      : null;
    listener.close();
    return { reply, data: connection && new MemoryData(connection) };
  }
}

class MemoryData implements DialogueData {
  readonly #connection: MemoryConnection;

  constructor(connection: MemoryConnection) {
    this.#connection = connection;
  }

  async readAll(): Promise<Uint8Array | null> {
    try {
      return await readAll(this.#connection);
    } catch {
      return null;
    }
  }

  async end(bytes: Uint8Array): Promise<void> {
    if (bytes.length > 0) await this.#connection.write(bytes);
    await this.#connection.closeWrite();
  }

  reset(): Promise<void> {
    this.#connection.reset();
    return Promise.resolve();
  }

  destroy(): void {
    this.#connection.close();
  }
}
