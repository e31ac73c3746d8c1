import { expect } from "vitest";
import {
  FtpServer,
  MemoryAuthorizer,
  MemoryClient,
  MemoryFileSystem,
  type MemoryPlatform,
  memoryPlatform,
  type ServerOptions,
  settle,
} from "../../adapters/memory.ts";
import type { LogLevel, LogRecord } from "../../lib/spi/log.ts";

/** What {@linkcode guarded} may be told besides the server's options. */
export interface GuardedOptions extends Partial<ServerOptions> {
  /** Where the server listens; `127.0.0.1` unless told. */
  readonly hostname?: string;
  /** Makes the users; by default `anonymous` and `alice`, who may do all. */
  readonly users?: (
    authorizer: MemoryAuthorizer,
    files: MemoryFileSystem,
  ) => void | Promise<void>;
  /** Changes the platform before the server gets it. */
  readonly platform?: (platform: MemoryPlatform) => MemoryPlatform;
}

/** A server in memory, whose every leak is found. */
export interface Guarded extends MemoryPlatform {
  readonly server: FtpServer;
  readonly files: MemoryFileSystem;
  readonly authorizer: MemoryAuthorizer;
  readonly records: readonly LogRecord[];
  /** Messages of the log, of one level or all. */
  messages(level?: LogLevel): readonly string[];
  /** Connects and reads the greeting. */
  connect(from?: string): Promise<MemoryClient>;
  /** Connects and leaves the greeting unread. */
  dial(from?: string): Promise<MemoryClient>;
  /** Connects and logs in. */
  enter(username?: string): Promise<MemoryClient>;
  /** Lets promise chains go as far as they can. */
  settle(): Promise<void>;
}

/**
 * Runs a test against a server, then closes the server and looks for what it
 * left behind: timers, sockets, sessions, open files.
 */
export async function guarded(
  options: GuardedOptions,
  body: (guarded: Guarded) => Promise<void>,
): Promise<void> {
  const { hostname = "127.0.0.1", users, platform: change, ...serverOptions } =
    options;
  const plain = memoryPlatform();
  const platform = change?.(plain) ?? plain;
  const { clock, transport } = platform;
  const files = new MemoryFileSystem({ now: () => clock.wallTime() });
  const handles = countHandles(files);
  const authorizer = new MemoryAuthorizer();
  await (users ?? everybody)(authorizer, files);
  const records: LogRecord[] = [];
  const server = new FtpServer(platform, {
    authorizer,
    log: (record) => records.push(record),
    ...serverOptions,
  });
  const { port } = await server.listen({ hostname, port: 21 });
  const dial = async (from?: string): Promise<MemoryClient> => {
    const where = from === undefined ? {} : { from };
    const control = await plain.transport.dial({ hostname, port, ...where });
    return new MemoryClient(control, plain.transport);
  };
  const connect = async (from?: string): Promise<MemoryClient> => {
    const client = await dial(from);
    await client.reply();
    return client;
  };
  await body({
    ...platform,
    server,
    files,
    authorizer,
    records,
    messages: (level) =>
      records.filter((record) => level === undefined || record.level === level)
        .map((record) => record.message),
    connect,
    dial,
    async enter(username = "anonymous") {
      const client = await connect();
      expect(await client.logIn(username, "secret")).toMatch(/^230/);
      return client;
    },
    settle,
  });
  await server.close();
  await settle();
  expect({
    timers: clock.pending,
    connections: transport.openConnections,
    listeners: transport.openListeners,
    sessions: server.sessionCount,
    transfers: server.transferCount,
    files: handles.open,
  }, "what the server left behind").toEqual({
    timers: 0,
    connections: 0,
    listeners: 0,
    sessions: 0,
    transfers: 0,
    files: 0,
  });
}

function everybody(
  authorizer: MemoryAuthorizer,
  fileSystem: MemoryFileSystem,
): void {
  const permissions = "elradfmwMT";
  authorizer.addAnonymous({ fileSystem, permissions });
  authorizer.addUser({
    username: "alice",
    password: "secret",
    fileSystem,
    permissions,
  });
}

/** Counts files that were opened and not closed, or closed twice. */
function countHandles(files: MemoryFileSystem): { readonly open: number } {
  const open = files.open.bind(files);
  const count = { open: 0 };
  files.open = async (path, mode) => {
    const handle = await open(path, mode);
    count.open++;
    const close = handle.close.bind(handle);
    handle.close = async () => {
      count.open--;
      await close();
    };
    return handle;
  };
  return count;
}
