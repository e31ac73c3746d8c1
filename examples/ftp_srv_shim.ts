/**
 * Programs that were written for npm's `ftp-srv` (4.x), on anyftpd: the class
 * `FtpSrv` with its `login` event, and `FileSystem` to be extended. See
 * `docs/from-ftp-srv.md` for what differs.
 *
 * @module
 */

import { EventEmitter } from "node:events";
import {
  type Account,
  AuthenticationError,
  type CommandSpec,
  DEFAULT_COMMANDS,
  type FileSystem as Files,
  type FtpServer,
  localFileSystem,
  type LoginRequest,
  reply,
  serve,
  type ServeOptions,
  type SessionView,
  type TransferEvent,
} from "anyftpd";
import { adapted } from "./ftp_srv_adapter.ts";
import { FileSystem } from "./ftp_srv_file_system.ts";

export { FileSystem };

/** What `new FtpSrv()` may be told. */
export interface FtpSrvOptions {
  readonly url?: string;
  readonly pasv_url?: string | ((address: string) => string | Promise<string>);
  readonly pasv_min?: number;
  readonly pasv_max?: number;
  readonly anonymous?: boolean | string;
  readonly greeting?: string | readonly string[] | null;
  readonly tls?: { readonly cert: string; readonly key: string } | false;
  readonly timeout?: number;
  readonly blacklist?: readonly string[];
  readonly whitelist?: readonly string[];
}

/** What `resolve` of the `login` event takes. */
export interface LoginAnswer {
  readonly fs?: FileSystem;
  readonly root?: string;
  readonly cwd?: string;
  readonly blacklist?: readonly string[];
  readonly whitelist?: readonly string[];
}

/** What events call `connection`: emits `RETR`, `STOR` and `RNTO`. */
export class FtpConnection extends EventEmitter {
  readonly server: FtpSrv;
  readonly id: string;
  readonly ip: string;
  username = "";
  blacklist: readonly string[] = [];
  whitelist: readonly string[] = [];
  readonly #session: SessionView;

  constructor(server: FtpSrv, session: SessionView) {
    super();
    this.server = server;
    this.id = String(session.id);
    this.ip = session.remote.hostname;
    this.#session = session;
  }

  /** Says something and ends the session. */
  close(code = 421, message = "Closing connection"): void {
    if (code > 0) this.#session.respond(code, message);
    this.#session.disconnect();
  }

  /** The text of 502 for a command that this client may not use. */
  refusal(name: string): string | null {
    const verb = name.split(" ")[0]!;
    if (this.blacklist.includes(verb)) return `Command blacklisted: ${verb}`;
    const listed = this.whitelist.length === 0 || this.whitelist.includes(verb);
    return listed ? null : `Command not whitelisted: ${verb}`;
  }
}

/** The server. Events: `login`, `connect`, `disconnect`, `closing`, `closed`. */
export class FtpSrv extends EventEmitter {
  readonly options: FtpSrvOptions;
  readonly url: URL;
  readonly connections: Record<string, FtpConnection> = {};
  #server: FtpServer | null = null;

  constructor(options: FtpSrvOptions = {}) {
    super();
    this.options = options;
    this.url = new URL(options.url ?? "ftp://127.0.0.1:21");
  }

  /** Where it really listens. */
  get port(): number {
    return this.#server?.address.port ?? 0;
  }

  async listen(): Promise<string> {
    // URL leaves out the port that ftp: has anyway.
    const where = { hostname: this.url.hostname, port: portOf(this.url) };
    if (this.url.protocol === "ftps:") {
      const server = await serve({ ...this.#serveOptions(), port: 0 });
      server.stopListening();
      await server.listen(where, { implicitTls: true });
      this.#server = server;
    } else this.#server = await serve({ ...this.#serveOptions(), ...where });
    return "Listening";
  }

  async close(): Promise<void> {
    this.emit("closing");
    await this.#server?.close();
    this.emit("closed", {});
    this.removeAllListeners();
  }

  #serveOptions(): ServeOptions {
    const { greeting, tls, pasv_url, pasv_min, pasv_max } = this.options;
    return {
      authorizer: { authenticate: (request) => this.#logIn(request) },
      banner: [greeting ?? "Ready"].flat().join("\n"),
      idleTimeoutMs: this.options.timeout ?? 0,
      commands: this.#commands(),
      ...(tls ? { tls: { config: tls } } : {}),
      ...(pasv_url === undefined ? {} : {
        masqueradeAddress: (session) => shown(pasv_url, session),
      }),
      ...(pasv_min === undefined ? {} : {
        passivePorts: { from: pasv_min, to: pasv_max ?? 65_535 },
      }),
      hooks: {
        connect: ({ session }) => this.#connected(session),
        disconnect: ({ session }) => this.#disconnected(session),
        fileSent: (event) => this.#transferred("RETR", event),
        incompleteFileSent: (event) => this.#transferred("RETR", event),
        fileReceived: (event) => this.#transferred("STOR", event),
        incompleteFileReceived: (event) => this.#transferred("STOR", event),
      },
    };
  }

  /** Every command, behind the lists of what clients may use. */
  #commands(): Record<string, CommandSpec> {
    return Object.fromEntries(
      Object.entries(DEFAULT_COMMANDS).map(([name, spec]) => [name, {
        ...spec,
        run: async (context, argument, path) => {
          const connection = this.#of(context.session);
          const refusal = connection?.refusal(name) ?? null;
          if (refusal !== null) return reply(502, refusal);
          const outcome = await spec.run(context, argument, path);
          const renamed = name === "RNTO" && outcome !== null &&
            "code" in outcome && outcome.code < 400;
          if (renamed) connection?.emit("RNTO", null, context.locate(path));
          return outcome;
        },
      }]),
    );
  }

  #of({ id }: SessionView): FtpConnection | undefined {
    return this.connections[String(id)];
  }

  #connected(session: SessionView): void {
    const connection = new FtpConnection(this, session);
    connection.blacklist = upper(this.options.blacklist);
    connection.whitelist = upper(this.options.whitelist);
    this.connections[connection.id] = connection;
    this.#remotes.set(keyOf(session), connection);
    const newConnectionCount = Object.keys(this.connections).length;
    this.emit("connect", { connection, id: connection.id, newConnectionCount });
  }

  #disconnected(session: SessionView): void {
    const connection = this.#of(session);
    if (connection === undefined) return;
    delete this.connections[connection.id];
    this.#remotes.delete(keyOf(session));
    const newConnectionCount = Object.keys(this.connections).length;
    const { id } = connection;
    this.emit("disconnect", { connection, id, newConnectionCount });
    connection.removeAllListeners();
  }

  #transferred(name: "RETR" | "STOR", event: TransferEvent): void {
    const error = event.outcome === "complete"
      ? null
      : new Error(`Transfer ended early: ${event.outcome}`);
    this.#of(event.session)?.emit(name, error, event.realPath);
  }

  /** A login knows its client by address and port. */
  readonly #remotes = new Map<string, FtpConnection>();

  async #logIn(request: LoginRequest): Promise<Account | null> {
    const connection = this.#remotes.get(keyOf(request));
    if (connection === undefined) return null;
    const { username } = request;
    const { anonymous = false } = this.options;
    const name = anonymous === true ? "anonymous" : anonymous;
    // Whoever comes without a name is let in as they do it.
    const password = username === name && request.password === ""
      ? "@anonymous"
      : request.password;
    const answer = await new Promise<LoginAnswer>((resolve, reject) => {
      const refuse = (error?: { readonly message?: string }): void =>
        reject(new AuthenticationError(error?.message ?? "Not logged in"));
      const data = { connection, username, password };
      if (!this.emit("login", data, resolve, refuse)) refuse();
    });
    connection.username = username;
    if (answer.blacklist) connection.blacklist = upper(answer.blacklist);
    if (answer.whitelist) connection.whitelist = upper(answer.whitelist);
    const fileSystem: Files = answer.fs === undefined
      ? localFileSystem(answer.root ?? ".")
      : adapted(answer.fs);
    const home = answer.fs?.currentDirectory() ?? answer.cwd ?? "/";
    return { name: username, fileSystem, home, allows: () => true };
  }
}

export default FtpSrv;

function portOf({ port, protocol }: URL): number {
  return Number(port || (protocol === "ftps:" ? 990 : 21));
}

function upper(names: readonly string[] = []): readonly string[] {
  return names.map((name) => name.toUpperCase());
}

function keyOf(
  { remote }: { readonly remote: { hostname: string; port: number } },
): string {
  return `${remote.hostname} ${remote.port}`;
}

async function shown(
  address: NonNullable<FtpSrvOptions["pasv_url"]>,
  { remote }: SessionView,
): Promise<string> {
  if (typeof address === "function") return await address(remote.hostname);
  return remote.hostname === "127.0.0.1" ? "127.0.0.1" : address;
}
