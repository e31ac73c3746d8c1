import type { Platform } from "../spi/clock.ts";
import type { FileSystem } from "../spi/file_system.ts";
import type { TlsConfig, TlsVersion } from "../spi/transport.ts";

/** Where the command writes to. */
export interface CliOutput {
  /** Whether a person is likely to read it. */
  readonly isTerminal: boolean;
  /** Never throws: what nobody reads any more is dropped. */
  write(text: string): void;
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
  /**
   * Files with certificate and key; none of them: what is kept; `null`: no
   * TLS.
   */
  readonly certificateFiles: readonly string[] | null;
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

/** What the command needs of the program that it runs in. */
export interface CliHost {
  /** Sockets, clock and randomness for the server. */
  readonly platform: Platform;
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
  openFolder(path: string): FileSystem;
  /**
   * All of a small text file.
   *
   * @throws {ConfigError} when it cannot be read
   */
  readTextFile(path: string): Promise<string>;
  /**
   * The certificate to serve with.
   *
   * @throws {ConfigError} when there is none that holds
   */
  certificate(request: CertificateRequest): Promise<CliCertificate>;
  /**
   * Asks for what is needed before any of it is used, and once; absent where
   * a program may do everything that its user may.
   *
   * @returns what could not be had and is not missed
   * @throws {PermissionError} when something necessary is refused
   */
  permit?(needs: CliNeeds): Promise<readonly CliNote[]>;
  /** IP addresses of this machine, without loopback and link-local ones. */
  networkAddresses(): readonly string[];
  /** Calls `listener` for each signal until the answer is called. */
  onSignal(listener: (signal: StopSignal) => void): () => void;
  /** The same for SIGHUP, which asks to look at the files again. */
  onReload(listener: () => void): () => void;
}
