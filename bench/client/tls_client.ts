import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
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

/** A step that is about to begin: who does it is connected and logged in. */
export interface TlsStep {
  /** Does the work, and stays connected. */
  run(): Promise<TlsWork>;
  /** Logs out. */
  end(): Promise<void>;
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

  download(target: TlsTarget, name: string): Promise<TlsStep> {
    return this.#session("download", target, name);
  }

  upload(target: TlsTarget, name: string, bytes: number): Promise<TlsStep> {
    return this.#session("upload", target, name, bytes);
  }

  /** The same file `count` times, in one session. */
  small(target: TlsTarget, name: string, count: number): Promise<TlsStep> {
    return this.#session("small", target, name, count);
  }

  /** The same file for `clients` sessions at once; it is not decrypted. */
  many(target: TlsTarget, name: string, clients: number): Promise<TlsStep> {
    return this.#session("many", target, name, clients);
  }

  /** Control connections: connect, AUTH TLS, handshake, QUIT. */
  handshakes(
    port: number,
    count: number,
    kind: "full" | "resumed",
  ): Promise<TlsStep> {
    return this.#start("handshakes", port, count, HANDSHAKE_JOBS, kind);
  }

  /** `fetch` or `push` of `tls_peer`. */
  async bare(...args: readonly (string | number)[]): Promise<TlsWork> {
    return parse((await run(this.program, args.map(String))).stdout);
  }

  #session(
    what: string,
    { port, account }: TlsTarget,
    ...more: readonly (string | number)[]
  ): Promise<TlsStep> {
    return this.#start(what, port, account.user, account.password, ...more);
  }

  async #start(...args: readonly (string | number)[]): Promise<TlsStep> {
    const child = spawn(this.program, args.map(String), {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const exit = once(child, "exit");
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const next = async (): Promise<string> => {
      const { done, value } = await lines.next();
      if (done) throw new Error(`Cannot measure: ${args[0]} failed`);
      return value;
    };
    await next();
    return {
      run: async () => {
        child.stdin.write("\n");
        return parse(await next());
      },
      end: async () => {
        child.stdin.end();
        await exit;
      },
    };
  }
}

/** @throws {Error} when it was not the cipher of the comparison */
function parse(line: string): TlsWork {
  const words = line.trim().split(" ");
  const [seconds = NaN, bytes = NaN, handshakes = NaN, resumed = NaN] = words
    .map(Number);
  if (words[4] !== PROTOCOL || words[5] !== CIPHER) {
    throw new Error(`Cannot compare: ${words[4]} with ${words[5]}`);
  }
  return { seconds, bytes, handshakes, resumed };
}
