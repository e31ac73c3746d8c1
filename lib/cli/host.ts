import type { Platform } from "../spi/clock.ts";
import type { FileSystem } from "../spi/file_system.ts";

/** Where the command writes to. */
export interface CliOutput {
  /** Whether a person is likely to read it. */
  readonly isTerminal: boolean;
  /** Never throws: what nobody reads any more is dropped. */
  write(text: string): void;
}

/** The signals that ask the command to end. */
export type StopSignal = "SIGINT" | "SIGTERM";

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
  /** IP addresses of this machine, without loopback and link-local ones. */
  networkAddresses(): readonly string[];
  /** Calls `listener` for each signal until the answer is called. */
  onSignal(listener: (signal: StopSignal) => void): () => void;
}
