import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { requireProgram } from "./program.ts";

const SCRIPT: string = fileURLToPath(
  new URL("./tls_peer.py", import.meta.url),
);

/** How a {@linkcode TlsPeer} speaks TLS. */
export interface PeerOptions {
  /** Both the lowest and the highest version. */
  readonly version?: "1.2" | "1.3";
  readonly alpn?: readonly string[];
  readonly ciphers?: string;
  /** PEM, of the client. */
  readonly cert?: string;
  readonly key?: string;
}

/** What the client knows after a handshake. */
export interface PeerSession {
  readonly version: string;
  readonly resumed: boolean;
  readonly alpn: string | null;
  readonly cipher: string;
  /** SHA-256 of the server's certificate. */
  readonly cert: string;
}

/**
 * A strict client of TLS in a program of its own: the `ssl` module of Python,
 * with its hands on every byte. The methods are those of `tls_peer.py`; what
 * fails answers a text that begins with `error:`.
 */
export class TlsPeer {
  readonly #child: ChildProcess;
  #output = "";
  #answer: ((line: string | null) => void) | null = null;

  constructor() {
    const python = requireProgram("python3", "python3");
    this.#child = spawn(python, [SCRIPT], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#child.stdout?.on("data", (piece) => {
      this.#output += String(piece);
      this.#deliver();
    });
    this.#child.on("exit", () => this.#answer?.(null));
  }

  /** Calls a method and waits for its answer. */
  async do<T = unknown>(name: string, ...parameters: unknown[]): Promise<T> {
    const line = await new Promise<string | null>((resolve) => {
      this.#answer = resolve;
      this.#child.stdin?.write(`${JSON.stringify([name, ...parameters])}\n`);
    });
    if (line === null) throw new Error(`${name}: the peer has gone`);
    return JSON.parse(line);
  }

  /** Connects and shakes hands; the answer is of the client's making. */
  async open(
    port: number,
    options: { readonly serverName?: string; readonly resume?: boolean } = {},
  ): Promise<PeerSession | string> {
    await this.do("connect", port);
    return await this.do<PeerSession | string>("handshake", options);
  }

  #deliver(): void {
    const length = this.#output.indexOf("\n");
    if (length < 0) return;
    const line = this.#output.slice(0, length);
    this.#output = this.#output.slice(length + 1);
    this.#answer?.(line);
  }

  [Symbol.dispose](): void {
    this.#child.kill("SIGKILL");
  }
}
