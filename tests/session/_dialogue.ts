import { expect } from "vitest";
import {
  type Account,
  type Authorizer,
  type MemoryClient,
  type MemoryConnection,
  type MemoryServer,
  memoryServer,
  type MemoryServerOptions,
  readAll,
  settle,
} from "../../adapters/memory.ts";
import type { FileSystem } from "../../lib/spi/file_system.ts";

/** A whole reply, its lines joined by LF, or what it must look like. */
export type Expected = string | RegExp;

/** A command and the replies to it, none included. */
export type Exchange = readonly [command: string, ...replies: Expected[]];

/** A server with one client. */
export interface Stage extends MemoryServer {
  readonly client: MemoryClient;
}

/** Turns of the event loop after which a reply is taken for missing. */
const PATIENCE = 200;

/** A server with a client who has read the greeting. */
export async function greeted(
  options: MemoryServerOptions = {},
): Promise<Stage> {
  const server = await memoryServer(options);
  return {
    ...server,
    client: await server.connect(),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      expect({
        timers: server.clock.pending,
        connections: server.transport.openConnections,
        listeners: server.transport.openListeners,
      }).toEqual({ timers: 0, connections: 0, listeners: 0 });
    },
  };
}

/** A server with a client who is logged in as `anonymous`. */
export async function loggedIn(
  options: MemoryServerOptions = {},
): Promise<Stage> {
  const stage = await greeted(options);
  expect(await stage.client.logIn()).toMatch(/^230 /);
  return stage;
}

/** Sends each command and compares what comes back; nothing may be left. */
export async function dialogue(
  client: MemoryClient,
  exchanges: readonly Exchange[],
): Promise<void> {
  for (const [command, ...replies] of exchanges) {
    await client.send(`${command}\r\n`);
    for (const expected of replies) {
      const actual = await nextReply(client, command);
      if (typeof expected === "string") {
        expect(actual, command).toBe(expected);
      } else expect(actual, command).toMatch(expected);
    }
  }
  await expectSilence(client);
}

/** The next reply; an error tells when none comes, long before a time-out. */
export async function nextReply(
  client: MemoryClient,
  command = "the last command",
): Promise<string> {
  let over = false;
  const reply = client.reply().finally(() => over = true);
  const patience = (async () => {
    for (let turn = 0; turn < PATIENCE && !over; turn++) await settle();
    if (!over) throw new Error(`Cannot read a reply to ${command}: none came`);
    return "";
  })();
  return await Promise.race([reply, patience]).then(() => reply);
}

/** Nothing more has come on the control connection. */
export async function expectSilence(client: MemoryClient): Promise<void> {
  await settle();
  expect(client.unread).toBe("");
  expect(client.control.unread).toBe(0);
}

/** UTF-8 bytes as text. */
export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Text as UTF-8 bytes. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A file of the server, as text. */
export function stored(stage: MemoryServer, path: string): string {
  return text(stage.files.readFile(path));
}

/** What a command sends on a passive data connection; it must succeed. */
export async function fetched(
  client: MemoryClient,
  command: string,
): Promise<string> {
  const { bytes, reply } = await client.download(command);
  expect(reply, command).toBe("226 Transfer complete.");
  return text(bytes);
}

/** Everything that comes on a data connection, which is then closed. */
export async function drained(data: MemoryConnection): Promise<string> {
  const bytes = await readAll(data);
  data.close();
  return text(bytes);
}

/** A port of the client's own, as the arguments of PORT and EPRT name it. */
export interface ClientPort extends AsyncDisposable {
  readonly port: string;
  readonly eprt: string;
  /** The server's connection; the end of the test closes it too. */
  accept(): Promise<MemoryConnection>;
}

/** Listens as a client in active mode does. */
export async function clientPort(
  stage: MemoryServer,
  hostname = "127.0.0.1",
): Promise<ClientPort> {
  const listener = await stage.transport.listen({ hostname, port: 0 });
  const { port } = listener.local;
  const numbers = [...hostname.split("."), port >> 8, port & 0xff].join(",");
  const protocol = hostname.includes(":") ? 2 : 1;
  const accepted: MemoryConnection[] = [];
  return {
    port: `PORT ${numbers}`,
    eprt: `EPRT |${protocol}|${hostname}|${port}|`,
    async accept() {
      const connection = await listener.accept() as MemoryConnection | null;
      if (connection === null) throw new Error("Cannot accept: closed");
      accepted.push(connection);
      return connection;
    },
    [Symbol.asyncDispose]() {
      listener.close();
      for (const connection of accepted) connection.close();
      return Promise.resolve();
    },
  };
}

/** An authorizer that compares passwords at once. */
export function passwords(
  fileSystem: FileSystem,
  table: Readonly<Record<string, string>>,
  account: Partial<Account> = {},
): Authorizer {
  return {
    authenticate: ({ username, password }) =>
      Promise.resolve(
        table[username] !== password ? null : {
          name: username,
          fileSystem,
          pathRules: false,
          allows: () => true,
          ...account,
        },
      ),
  };
}
