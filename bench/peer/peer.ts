import type { Account } from "../client/ftp_client.ts";
import type { CertificateFiles } from "./certificate.ts";

/** What a server is given to work with. */
export interface PeerPlace {
  /** The folder that it serves. */
  readonly folder: string;
  /** For its configuration, logs and process ids. */
  readonly work: string;
  readonly port: number;
  /** Makes it speak TLS to clients that ask for it; `null`: no TLS. */
  readonly tls: CertificateFiles | null;
}

/** How a server is started: it stays in the foreground. */
export interface PeerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A server that can be compared. */
export interface Peer {
  readonly name: string;
  readonly account: Account;
  /**
   * What names of files start with, where the folder is not the root.
   * @default {""}
   */
  readonly prefix?: string;
  /**
   * Commands that it does not know.
   * @default {[]}
   */
  readonly lacks?: readonly string[];
  /** Whether each session is a process: ten thousand are too many then. */
  readonly forks?: boolean;
  /** Whether it throws uploads away. */
  readonly discards?: boolean;
  /**
   * Writes the configuration and says how to start.
   *
   * @throws {PeerMissingError} when it is not on this machine
   */
  prepare(place: PeerPlace): PeerCommand | Promise<PeerCommand>;
}

/** The server is not here; the message says what is missing. */
export class PeerMissingError extends Error {
  override readonly name = "PeerMissingError";
}

/** The name of the folder that is served, in the folder of the server. */
export const FOLDER_NAME: string = "files";

/** How many files the folder has whose listing is measured. */
export const LISTED_FILES: number = 10_000;

/** The account of servers that have a user list of their own. */
export const BENCH_ACCOUNT: Account = { user: "bench", password: "bench" };

/** `bench` as MD5-crypt: cheap on purpose, as not to time the hash. */
export const BENCH_HASH: string = "$1$anyftpd$lIjf8Gl9kAGjx5GzatfJc0";

/** The system user (nobody) that servers do file work as when root may not. */
export const WORKER_ID: number = 65_534;
