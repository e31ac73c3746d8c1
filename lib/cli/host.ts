import type { ExternalAuthorizerOptions } from "../auth/external_authorizer.ts";
import type {
  PasswordScheme,
  PasswordVerifier,
} from "../auth/password_scheme.ts";
import type { SystemUsers } from "../auth/system_users.ts";
import type { ListenPlace } from "../server/listen_address.ts";
import type { ServerOptions } from "../server/options.ts";
import type { CloseOptions } from "../server/server.ts";
import type { SessionSnapshot } from "../session/snapshot.ts";
import type { SessionView } from "../session/view.ts";
import type { Authorizer } from "../spi/authorizer.ts";
import type { Platform } from "../spi/clock.ts";
import type { ExternalUsers } from "./external_options.ts";
import type { FileSystem } from "../spi/file_system.ts";
import type { LogLevel, LogSink } from "../spi/log.ts";
import type { Endpoint, TlsConfig, TlsVersion } from "../spi/transport.ts";
import type { ParseToml } from "./config_text.ts";

/** Where the command writes to. */
export interface CliOutput {
  /** Whether a person is likely to read it. */
  readonly isTerminal: boolean;
  /** Never throws: what nobody reads any more is dropped. */
  write(text: string): void;
}

/** Where the command reads from. */
export interface CliInput {
  /** Whether a person types. */
  readonly isTerminal: boolean;
  /** The first line, its end included if it has one. */
  readLine(): Promise<string>;
  /**
   * Asks at the terminal, without showing the answer; `null` when there is
   * none.
   */
  readSecret(prompt: string): Promise<string | null>;
}

/** The lower part of a terminal, which is written again and again. */
export interface LiveScreen {
  /** Of the terminal now. */
  readonly columns: number;
  /** Of the terminal now. */
  readonly rows: number;
  /** How many columns a text takes. */
  width(text: string): number;
  /**
   * Shows lines in place of those before; none takes them away. What is
   * written to standard error meanwhile appears above them.
   */
  draw(lines: readonly string[]): void;
  /** Takes the lines away and lets go of the terminal. Idempotent. */
  close(): void;
}

/** The signals that ask the command to end. */
export type StopSignal = "SIGINT" | "SIGTERM";

/** Which certificate shall serve. */
export interface CertificateRequest {
  /** PEM; `null`: one that signs itself, made once and kept. */
  readonly certfile: string | null;
  /** PEM; `null`: in the same file. */
  readonly keyfile: string | null;
  /** The oldest version of TLS that is offered. */
  readonly minVersion: TlsVersion;
  /** Of this machine, for a certificate that is made. */
  readonly addresses: readonly string[];
  /** What else is wanted; `ca` is a file. */
  readonly settings?: Partial<
    Pick<
      TlsConfig,
      "passphrase" | "ca" | "clientCert" | "maxVersion" | "ciphers" | "alpn"
    >
  >;
}

/** The certificate that serves. */
export interface CliCertificate {
  /** Asked for each session; looks at the files. */
  readonly config: (fresh: boolean) => TlsConfig;
  /** Where it is. */
  readonly file: string;
  /** Whether it was made here. */
  readonly isSelfSigned: boolean;
  /** SHA-256, bytes in hexadecimal with colons between them. */
  readonly fingerprint: string;
}

/** A small text file that is looked at again and again. */
export interface WatchedText {
  /** Where it is, as `FileSystem.locate` names files. */
  readonly path: string;
  /**
   * All of it. It is looked at once a second at most, but for `atOnce`.
   *
   * @throws {ConfigError} when it cannot be read
   */
  text(atOnce: boolean): string;
  /** A path that stands in the file, and may be relative to its folder. */
  resolve(path: string): string;
}

/** A folder that clients get to. */
export interface CliFolder {
  /** On the disk. */
  readonly path: string;
  /** Whether clients may change it. */
  readonly write: boolean;
}

/** What the command is about to use, for a runtime that has permissions. */
export interface CliNeeds {
  /** The folder to share. */
  readonly directory: string;
  /** Whether clients may change it. */
  readonly write: boolean;
  /** The address to listen on; `null`: every interface. */
  readonly interface: string | null;
  /** The port to listen on. */
  readonly port: number;
  /** A file with a password, if one is named. */
  readonly passwordFile: string | null;
  /** A file with users, if one is named. */
  readonly usersFile: string | null;
  /**
   * Files with certificate and key; none of them: what is kept; `null`: no
   * TLS.
   */
  readonly certificateFiles: readonly string[] | null;
  /** Folders and files besides, with what is done to them. */
  readonly others?: readonly CliFolder[];
  /** A URL or a program that is asked for logins, if one is named. */
  readonly external: ExternalUsers | null;
  /** An environment variable that cannot be done without. */
  readonly variable: string | null;
}

/** Something that the command does without. */
export interface CliNote {
  /** `debug` for what few will miss. */
  readonly level: "info" | "debug";
  /** What is missing, and how to have it. */
  readonly message: string;
}

/** What the command does with a server, in one process or in several. */
export interface CliServer {
  /** How many are connected now. */
  readonly sessionCount: number;
  /** Transfers that are under way. */
  readonly transferCount: number;
  /** As `FtpServer.listen`. */
  listen(
    where: ListenPlace,
    options: { readonly implicitTls?: boolean },
  ): Promise<Endpoint>;
  /** As `FtpServer.stopListening`. */
  stopListening(where: Endpoint): void;
  /** As `FtpServer.reloadTls`. */
  reloadTls(): void;
  /** As `FtpServer.close`. */
  close(options?: CloseOptions): Promise<void>;
}

/** A server in worker processes. */
export interface CliWorkers extends CliServer {
  /**
   * Makes the workers serve as another order says.
   *
   * @throws {ConfigError} when one refuses
   */
  reconfigure(request: WorkersRequest): Promise<void>;
  /** As `WorkerPool.sessions`. */
  sessions(): Promise<readonly SessionSnapshot[]>;
}

/** A server in this process. */
export interface CliOwnServer extends CliServer {
  /** As `FtpServer.reconfigure`. */
  reconfigure(options: ServerOptions): void;
  /** As `FtpServer.sessions`. */
  readonly sessions: readonly SessionView[];
}

/** A socket that whoever started the program has opened for it. */
export interface InheritedSocket {
  /** Its number. */
  readonly descriptor: number;
  /** What it is called; systemd's `FileDescriptorName=`. */
  readonly name: string;
}

/** What looks after the program, as systemd does. */
export interface Supervisor {
  /** In order; none: the program opens its own. */
  readonly sockets: readonly InheritedSocket[];
  /** Milliseconds in which it wants to hear `WATCHDOG=1`; 0 never. */
  readonly watchdogMs: number;
  /**
   * Tells it something, such as `READY=1` (sd_notify(3)); with `RELOADING=1`
   * goes the time that it wants to know. Never throws.
   */
  notify(state: string): void;
}

/** Which worker processes shall serve. */
export interface WorkersRequest {
  /** `null`: one for each core. */
  readonly workers: number | null;
  /** Whether OpenSSL does TLS in them, where it can be called. */
  readonly useOpenssl: boolean;
  /** What each is told; JSON can carry it. */
  readonly order: unknown;
  /** Of all workers together. */
  readonly maxConnections: number;
  /** Of all workers together. */
  readonly maxConnectionsPerAddress: number;
  /**
   * Connections that wait to be accepted.
   * @default {100}
   */
  readonly backlog?: number;
  /** For the records of all workers. */
  readonly log: LogSink;
  /** Records below it are not wanted. */
  readonly logLevel: LogLevel;
}

/** How folders are opened. */
export interface FolderOptions {
  /** Whether the disk has an upload before it is confirmed. */
  readonly fsync: boolean;
}

/** What the command needs of the program that it runs in. */
export interface CliHost {
  /** Sockets, clock and randomness for the server. */
  readonly platform: Platform;
  /**
   * The same with the TLS of the runtime, for `--disable-openssl`; absent
   * where a host has one TLS only.
   */
  platformWithoutOpenssl?(): Platform;
  /** For passwords. */
  readonly stdin: CliInput;
  /** For help and version. */
  readonly stdout: CliOutput;
  /** For errors and the log. */
  readonly stderr: CliOutput;
  /** Environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that is shared when none is named. */
  readonly cwd: string;
  /** Of the process, for the log. */
  readonly pid: number;
  /**
   * The folder as a file system.
   *
   * @throws {ConfigError} when it is no folder
   */
  openFolder(path: string, options: FolderOptions): FileSystem;
  /**
   * The users of the system; absent where a host does not offer them.
   *
   * @throws {ConfigError} when this program may not act as others
   */
  openSystemUsers?(): SystemUsers;
  /**
   * All of a small text file.
   *
   * @throws {ConfigError} when it cannot be read
   */
  readTextFile(path: string): Promise<string>;
  /**
   * The same; `null` when there is no such file.
   *
   * @throws {ConfigError} when it cannot be read
   */
  findTextFile(path: string): Promise<string | null>;
  /**
   * Changes a text file, or makes one that only its owner can read. Nobody
   * sees half a file, and of two who change it at the same time, the second
   * one waits and finds what the first one wrote.
   *
   * @param update is given `null` when there is no such file; when it throws,
   * nothing is changed
   * @throws {ConfigError} when it cannot be read or written
   */
  updateTextFile(
    path: string,
    update: (text: string | null) => string,
  ): Promise<void>;
  /**
   * What understands TOML.
   *
   * @throws {ConfigError} when it cannot be had
   */
  tomlParser(): Promise<ParseToml>;
  /** A path that stands in a file, and may be relative to its folder. */
  siblingPath(file: string, path: string): string;
  /**
   * A file to append to. It is opened anew each time this is called, in place
   * of the one that was open by that name: another program may have moved it.
   *
   * @throws {ConfigError} when it cannot be written
   */
  openLogFile(path: string): { write(text: string): void };
  /**
   * The IPv4 address of a host name, looked up again now and then.
   *
   * @throws {ConfigError} when it has none now
   */
  resolvedAddress(hostname: string): Promise<() => Promise<string>>;
  /** `null`: nobody looks after the program. */
  readonly supervisor: Supervisor | null;
  /** A path of the command line, as it is from everywhere. */
  absolutePath(path: string): string;
  /** A text file that is looked at again and again. */
  watchTextFile(path: string): WatchedText;
  /** The ways to hash passwords; new hashes are made in the first. */
  readonly passwordSchemes: readonly PasswordScheme[];
  /** The ways to check hashes. */
  readonly passwordVerifiers: readonly PasswordVerifier[];
  /** Asks a web service for logins. */
  httpAuthorizer(
    options: ExternalAuthorizerOptions & {
      readonly url: string;
      readonly bearer?: string;
    },
  ): Authorizer;
  /** Asks a program for logins. */
  programAuthorizer(
    options: ExternalAuthorizerOptions & { readonly command: [string] },
  ): Authorizer;
  /**
   * The certificate to serve with.
   *
   * @throws {ConfigError} when there is none that holds
   */
  certificate(request: CertificateRequest): Promise<CliCertificate>;
  /**
   * A server in worker processes.
   *
   * @throws {ConfigError} when there can be none
   */
  startWorkers(request: WorkersRequest): Promise<CliWorkers>;
  /**
   * Asks for what is needed before any of it is used, and once; absent where
   * a program may do everything that its user may.
   *
   * @returns what could not be had and is not missed
   * @throws {PermissionError} when something necessary is refused
   */
  permit?(needs: CliNeeds): Promise<readonly CliNote[]>;
  /**
   * The same for folders that are not known before the users file is read.
   *
   * @throws {PermissionError} when one is refused
   */
  permitFolders?(folders: readonly CliFolder[]): Promise<void>;
  /**
   * The lower part of the terminal that standard error is; `null` where none
   * can be had.
   *
   * @param lost called when the screen does not show any more what was drawn:
   * after a change of size, and when the program was stopped
   */
  openScreen?(lost: () => void): Promise<LiveScreen | null>;
  /** IP addresses of this machine, without loopback and link-local ones. */
  networkAddresses(): readonly string[];
  /** Calls `listener` for each signal until the answer is called. */
  onSignal(listener: (signal: StopSignal) => void): () => void;
  /** The same for SIGHUP, which asks to look at the files again. */
  onReload(listener: () => void): () => void;
}
