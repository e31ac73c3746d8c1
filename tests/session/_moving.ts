// A server in memory whose connections can move files by themselves.

import {
  type Connection,
  type FakeClock,
  FtpServer,
  MemoryAuthorizer,
  MemoryClient,
  MemoryFileSystem,
  memoryPlatform,
  type MemoryTransport,
  type ServerOptions,
} from "../../adapters/memory.ts";
import { dialogue, nextReply } from "./_dialogue.ts";

/** What such a test works with; logged in, TYPE I. */
export interface MovingStage extends AsyncDisposable {
  readonly server: FtpServer;
  readonly files: MemoryFileSystem;
  readonly client: MemoryClient;
  readonly clock: FakeClock;
  readonly transport: MemoryTransport;
}

/** Connections get `members`, and files an `fd` unless they are `plain`. */
export async function movingServer(
  members: (connection: Connection) => Partial<Connection>,
  options: Partial<ServerOptions> = {},
): Promise<MovingStage> {
  const platform = memoryPlatform();
  const { transport, clock } = platform;
  const listen = transport.listen.bind(transport);
  transport.listen = async (where) => {
    const listener = await listen(where);
    const accept = listener.accept.bind(listener);
    listener.accept = async () => {
      const connection = await accept();
      return connection === null
        ? null
        : Object.assign(connection, members(connection));
    };
    return listener;
  };
  const files = new MemoryFileSystem();
  const open = files.open.bind(files);
  files.open = async (path, mode) => {
    const file = await open(path, mode);
    return path.endsWith("plain") ? file : Object.assign(file, { fd: 7 });
  };
  const authorizer = new MemoryAuthorizer();
  authorizer.addAnonymous({ fileSystem: files, permissions: "elradfmwMT" });
  const server = new FtpServer(platform, { authorizer, ...options });
  await server.listen({ hostname: "127.0.0.1", port: 21 });
  const client = new MemoryClient(
    await transport.dial({ hostname: "127.0.0.1", port: 21 }),
    transport,
  );
  await nextReply(client);
  await client.logIn();
  await dialogue(client, [["TYPE I", /^200 /]]);
  return {
    server,
    files,
    client,
    clock,
    transport,
    [Symbol.asyncDispose]: () => server.close(),
  };
}
