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

/** A program that answers lines with lines, one at a time. */
class Program {
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

  /** Whether a line is still to be answered. */
  get isBusy(): boolean {
    return this.#answer !== null;
  }

  ask(line: string): Promise<string | null> {
    if (this.isBusy) throw new Error(`${line}: another call is under way`);
    return new Promise((resolve) => {
      this.#answer = resolve;
      this.#child.stdin?.write(`${line}\n`);
    });
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #deliver(): void {
    const length = this.#output.indexOf("\n");
    if (length < 0) return;
    const line = this.#output.slice(0, length);
    this.#output = this.#output.slice(length + 1);
    const answer = this.#answer;
    this.#answer = null;
    answer?.(line);
  }
}

/** Programs that wait for the next peer: Python is slow to start. */
const idle: Program[] = [];

/** Ends the programs that wait; after the last test of a file. */
export function dismissPeers(): void {
  for (const program of idle.splice(0)) program.kill();
}

/**
 * A strict client of TLS in a program of its own: the `ssl` module of Python,
 * with its hands on every byte. The methods are those of `tls_peer.py`; what
 * fails answers a text that begins with `error:`.
 */
export class TlsPeer {
  readonly #program: Program = idle.pop() ?? new Program();

  /** Calls a method and waits for its answer. */
  async do<T = unknown>(name: string, ...parameters: unknown[]): Promise<T> {
    const line = await this.#program.ask(JSON.stringify([name, ...parameters]));
    if (line === null) throw new Error(`${name}: the peer has gone`);
    return JSON.parse(line);
  }

  /** Closes what is open, if nothing is under way, or ends the program. */
  [Symbol.dispose](): void {
    const program = this.#program;
    if (program.isBusy) return program.kill();
    program.ask(JSON.stringify(["fresh"])).then((line) => {
      if (line !== null) idle.push(program);
    });
  }
}
