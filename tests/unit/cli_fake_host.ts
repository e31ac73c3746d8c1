import { httpAuthorizer } from "../../adapters/_http_authorizer.ts";
import { programAuthorizer } from "../../adapters/_program_authorizer.ts";
import { FakeClock, settle } from "../../adapters/_fake_clock.ts";
import { tomlParser } from "../../adapters/_toml_parser.ts";
import { MemoryTransport } from "../../adapters/_memory_transport.ts";
import { pbkdf2Passwords } from "../../lib/auth/password_scheme.ts";
import { ConfigError } from "../../lib/base/errors.ts";
import type {
  CertificateRequest,
  CliCertificate,
  CliHost,
  CliInput,
  CliOutput,
  CliWorkers,
  FolderOptions,
  StopSignal,
  Supervisor,
  WatchedText,
  WorkersRequest,
} from "../../lib/cli/host.ts";
import { main } from "../../lib/cli/main.ts";
import { MemoryAuthorizer } from "../../lib/auth/memory_authorizer.ts";
import { snapshotSession } from "../../lib/session/snapshot.ts";
import { FtpServer } from "../../lib/server/server.ts";
import { MemoryFileSystem } from "../../lib/fs/memory_file_system.ts";
import type { Connection, TlsConfig } from "../../lib/spi/transport.ts";

/** Hashing a password leaves the event loop, so turns cannot be counted. */
async function turnUntil(condition: () => boolean): Promise<void> {
  const end = performance.now() + 5000;
  while (!condition() && performance.now() < end) await settle();
}

/** An output that remembers. */
class FakeOutput implements CliOutput {
  isTerminal = false;
  text = "";

  write(text: string): void {
    this.text += text;
  }
}

/** An input that somebody has typed into. */
class FakeInput implements CliInput {
  isTerminal = false;
  /** What is left of standard input. */
  text = "";
  /** What is answered to questions, in order. */
  readonly answers: (string | null)[] = [];
  readonly questions: string[] = [];

  readLine(): Promise<string> {
    const end = this.text.indexOf("\n") + 1 || this.text.length;
    const line = this.text.slice(0, end);
    this.text = this.text.slice(end);
    return Promise.resolve(line);
  }

  readSecret(prompt: string): Promise<string | null> {
    this.questions.push(prompt);
    return Promise.resolve(this.answers.shift() ?? null);
  }
}

/** A program around the command that exists in memory only. */
export class FakeCliHost implements CliHost {
  readonly clock: FakeClock = new FakeClock();
  readonly transport: MemoryTransport = new MemoryTransport();
  readonly platform: CliHost["platform"] = {
    clock: this.clock,
    transport: this.transport,
    random: { below: (limit) => Math.floor(limit / 2) },
  };
  readonly stdin: FakeInput = new FakeInput();
  readonly stdout: FakeOutput = new FakeOutput();
  readonly stderr: FakeOutput = new FakeOutput();
  readonly env: Record<string, string | undefined> = {};
  readonly cwd = "/home/ann";
  readonly pid = 4711;
  readonly folders: Map<string, MemoryFileSystem> = new Map([
    [this.cwd, new MemoryFileSystem()],
  ]);
  readonly textFiles: Map<string, string> = new Map();
  platformWithoutOpenssl?: NonNullable<CliHost["platformWithoutOpenssl"]>;
  permitFolders?: NonNullable<CliHost["permitFolders"]>;
  openScreen?: NonNullable<CliHost["openScreen"]>;
  openSystemUsers?: NonNullable<CliHost["openSystemUsers"]>;
  passwordSchemes: CliHost["passwordSchemes"] = [pbkdf2Passwords];
  get passwordVerifiers(): CliHost["passwordVerifiers"] {
    return this.passwordSchemes;
  }
  httpAuthorizer: CliHost["httpAuthorizer"] = httpAuthorizer;
  programAuthorizer: CliHost["programAuthorizer"] = programAuthorizer;
  addresses: readonly string[] = ["192.168.1.5"];
  /** What TLS configurations answer with, instead of one. */
  certificateError: Error | null = null;
  readonly workersRequests: WorkersRequest[] = [];
  /** Paths of log files, in the order in which they were opened. */
  readonly openedLogs: string[] = [];
  /** IPv4 addresses by host names. */
  readonly names: Map<string, string> = new Map();
  supervisor: Supervisor | null = null;
  readonly certificateRequests: CertificateRequest[] = [];
  readonly #listeners = new Set<(signal: StopSignal) => void>();
  readonly #reloaders = new Set<() => void>();
  #tls: TlsConfig | null = null;

  get signalListeners(): number {
    return this.#listeners.size + this.#reloaders.size;
  }

  openFolder(path: string, _options: FolderOptions): MemoryFileSystem {
    const folder = this.folders.get(path);
    if (folder !== undefined) return folder;
    throw new ConfigError(`Cannot share "${path}": no such directory`);
  }

  readTextFile(path: string): Promise<string> {
    const text = this.textFiles.get(path);
    if (text !== undefined) return Promise.resolve(text);
    return Promise.reject(
      new ConfigError(`Cannot read "${path}": no such file or directory`),
    );
  }

  findTextFile(path: string): Promise<string | null> {
    return Promise.resolve(this.textFiles.get(path) ?? null);
  }

  async updateTextFile(
    path: string,
    update: (text: string | null) => string,
  ): Promise<void> {
    this.textFiles.set(path, update(await this.findTextFile(path)));
  }

  absolutePath(path: string): string {
    return new URL(path, `file://${this.cwd}/`).pathname;
  }

  watchTextFile(path: string): WatchedText {
    return {
      path: this.absolutePath(path),
      text: () => {
        const text = this.textFiles.get(path);
        if (text !== undefined) return text;
        throw new ConfigError(`Cannot read "${path}": no such file`);
      },
      resolve: (relative) => this.absolutePath(relative),
    };
  }

  certificate(request: CertificateRequest): Promise<CliCertificate> {
    this.certificateRequests.push(request);
    const { certfile, minVersion } = request;
    const file = certfile ?? "/home/ann/.local/state/anyftpd/self-signed.pem";
    return Promise.resolve({
      config: () => {
        if (this.certificateError !== null) throw this.certificateError;
        return this.#tls ??= { cert: file, key: "key", minVersion };
      },
      file,
      isSelfSigned: certfile === null,
      fingerprint: "AA:BB",
    });
  }

  /** Serves in this process after all, and remembers what was asked for. */
  startWorkers(request: WorkersRequest): Promise<CliWorkers> {
    this.workersRequests.push(request);
    const authorizer = new MemoryAuthorizer();
    authorizer.addAnonymous({ fileSystem: new MemoryFileSystem() });
    const server = new FtpServer(this.platform, { authorizer });
    return Promise.resolve({
      get sessionCount() {
        return server.sessionCount;
      },
      get transferCount() {
        return server.transferCount;
      },
      listen: (where, options) => server.listen(where, options),
      stopListening: (where) => server.stopListening(where),
      reloadTls: () => {},
      reconfigure: (request) => {
        this.workersRequests.push(request);
        return Promise.resolve();
      },
      close: (options) => server.close(options),
      sessions: () => Promise.resolve(server.sessions.map(snapshotSession)),
    });
  }

  tomlParser(): ReturnType<CliHost["tomlParser"]> {
    return tomlParser();
  }

  siblingPath(file: string, path: string): string {
    return new URL(path, `file://${this.absolutePath(file)}`).pathname;
  }

  openLogFile(path: string): { write(text: string): void } {
    this.openedLogs.push(path);
    return {
      write: (text) => {
        this.textFiles.set(path, (this.textFiles.get(path) ?? "") + text);
      },
    };
  }

  resolvedAddress(hostname: string): Promise<() => Promise<string>> {
    const address = this.names.get(hostname);
    if (address !== undefined) {
      return Promise.resolve(() => Promise.resolve(address));
    }
    return Promise.reject(
      new ConfigError(
        `Cannot show the address of "${hostname}": no IPv4 address is found`,
      ),
    );
  }

  networkAddresses(): readonly string[] {
    return this.addresses;
  }

  onSignal(listener: (signal: StopSignal) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  onReload(listener: () => void): () => void {
    this.#reloaders.add(listener);
    return () => void this.#reloaders.delete(listener);
  }

  /** What the system does for `kill -HUP`. */
  reload(): void {
    for (const listener of this.#reloaders) listener();
  }

  /** What the system does for Ctrl-C and `kill`. */
  signal(signal: StopSignal): void {
    for (const listener of this.#listeners) listener(signal);
  }

  /** Runs the command in the background; waits until it listens or ends. */
  async start(line: string): Promise<{ readonly exit: Promise<number> }> {
    let ended = false;
    const exit = main(line === "" ? [] : line.split(" "), this)
      .finally(() => ended = true);
    await turnUntil(() => ended || this.transport.openListeners > 0);
    await settle();
    return { exit };
  }
}

/** A client that sends lines and collects replies. */
export class FakeClient {
  readonly #connection: Connection;
  #text = "";
  #ended = false;

  constructor(connection: Connection) {
    this.#connection = connection;
    void this.#collect();
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Sends a line; answers what came back since the last call. */
  async ask(line: string): Promise<string> {
    await this.#connection.write(new TextEncoder().encode(`${line}\r\n`));
    return await this.reply();
  }

  /** What came since the last call, once there is something. */
  async reply(): Promise<string> {
    await turnUntil(() => this.#text.endsWith("\r\n") || this.#ended);
    const text = this.#text;
    this.#text = "";
    return text;
  }

  close(): void {
    this.#connection.close();
  }

  async #collect(): Promise<void> {
    try {
      for (;;) {
        const chunk = await this.#connection.read();
        if (chunk === null) break;
        this.#text += new TextDecoder().decode(chunk);
      }
    } catch {
      // A reset is an end, too.
    }
    this.#ended = true;
    this.#connection.close();
  }
}

/** Connects to the server that the host runs and reads its greeting. */
export async function connectClient(
  host: FakeCliHost,
  hostname = "127.0.0.1",
): Promise<FakeClient> {
  const connection = await host.transport.dial({ hostname, port: 2121 });
  return new FakeClient(connection);
}
