import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { compileHelper } from "../measure/helper.ts";
import type { Account } from "./ftp_client.ts";

const run = promisify(execFile);

/** What all servers are held to: the client offers nothing else. */
const PROTOCOL = "TLSv1.3";
const CIPHER = "TLS_AES_128_GCM_SHA256";

/** Clients at once that shake hands: no server waits for a single one. */
const HANDSHAKE_JOBS = 4;

/** What `tls_peer` says of its work. */
export interface TlsWork {
  readonly seconds: number;
  readonly bytes: number;
  readonly handshakes: number;
  /** Handshakes that resumed a session. */
  readonly resumed: number;
}

/** A server on this machine. */
export interface TlsTarget {
  readonly port: number;
  readonly account: Account;
}

/** The client for FTP over TLS: a C program, for Node's would be the limit. */
export class TlsClient {
  /** The compiled program. */
  readonly program: string;

  constructor(program: string) {
    this.program = program;
  }

  /** @throws {Error} without a C compiler and the headers of OpenSSL */
  static async prepare(): Promise<TlsClient> {
    const program = await compileHelper("tls_peer", "ssl", "crypto");
    if (program !== null) return new TlsClient(program);
    throw new Error(
      "Cannot prepare the client for TLS: gcc and OpenSSL's headers are " +
        "needed (Debian: gcc libssl-dev)",
    );
  }

  download(target: TlsTarget, name: string): Promise<TlsWork> {
    return this.#session("download", target, name);
  }

  upload(target: TlsTarget, name: string, bytes: number): Promise<TlsWork> {
    return this.#session("upload", target, name, bytes);
  }

  /** The same file `count` times, in one session. */
  small(target: TlsTarget, name: string, count: number): Promise<TlsWork> {
    return this.#session("small", target, name, count);
  }

  /** Control connections: connect, AUTH TLS, handshake, QUIT. */
  handshakes(
    port: number,
    count: number,
    kind: "full" | "resumed",
  ): Promise<TlsWork> {
    return this.run("handshakes", port, count, HANDSHAKE_JOBS, kind);
  }

  /** @throws {Error} with what the program said */
  async run(...args: readonly (string | number)[]): Promise<TlsWork> {
    const { stdout } = await run(this.program, args.map(String));
    const words = stdout.trim().split(" ");
    const [seconds, bytes, handshakes, resumed] = words.map(Number);
    if (words[4] !== PROTOCOL || words[5] !== CIPHER) {
      throw new Error(`Cannot compare: ${words[4]} with ${words[5]}`);
    }
    return {
      seconds: seconds ?? NaN,
      bytes: bytes ?? NaN,
      handshakes: handshakes ?? NaN,
      resumed: resumed ?? NaN,
    };
  }

  #session(
    what: string,
    { port, account }: TlsTarget,
    ...more: readonly (string | number)[]
  ): Promise<TlsWork> {
    return this.run(what, port, account.user, account.password, ...more);
  }
}
