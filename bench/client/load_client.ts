import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { compileHelper } from "../measure/helper.ts";
import type { Account } from "./ftp_client.ts";

/** A server on this machine. */
export interface LoadTarget {
  readonly port: number;
  readonly account: Account;
}

/** What was moved, and how long it took. */
export interface LoadMoved {
  readonly seconds: number;
  readonly bytes: number;
  /** Of listings; 0 for files, whose bytes nobody looks at. */
  readonly lines: number;
}

/** How long replies to NOOP took, in milliseconds. */
export interface LoadLag {
  readonly count: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly longestMs: number;
}

/** Sessions of one process, `measure/load_peer.c`. */
export interface LoadSessions {
  /**
   * Brings further sessions, `width` at a time.
   *
   * @param spread from several addresses of this machine, for thousands
   * @returns seconds
   */
  login(count: number, width: number, spread: boolean): Promise<number>;
  /** The first `count` sessions do RETR, LIST or MLSD, `times` times each. */
  fetch(count: number, times: number, command: string): Promise<LoadMoved>;
  /** The first `count` sessions store to one and the same name. */
  store(count: number, bytes: number, name: string): Promise<LoadMoved>;
  /** Sends a NOOP every so often until the function that it returns is called. */
  noop(everyMs: number): () => Promise<LoadLag>;
  /** All sessions leave; the process stays. @returns seconds */
  quit(): Promise<number>;
  /** Ends the process, and so all sessions. */
  end(): Promise<void>;
}

/** The client for clear FTP: a C program, for Node's would be the limit. */
export class LoadClient {
  readonly #program: string;

  constructor(program: string) {
    this.#program = program;
  }

  /** @throws {Error} without a C compiler */
  static async prepare(): Promise<LoadClient> {
    const program = await compileHelper("load_peer");
    if (program !== null) return new LoadClient(program);
    throw new Error("Cannot prepare the client: gcc is needed (Debian: gcc)");
  }

  /** Starts a process that has no sessions yet. */
  start({ port, account }: LoadTarget): LoadSessions {
    const { user, password } = account;
    const child = spawn(this.#program, [String(port), user, password], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    return sessionsOf(child);
  }
}

function sessionsOf(child: ChildProcess): LoadSessions {
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error("no pipes");
  const exit = once(child, "exit");
  // The answer that does not come says enough.
  stdin.on("error", () => {});
  const lines = createInterface(stdout)[Symbol.asyncIterator]();
  const answer = async (command: string): Promise<readonly number[]> => {
    const { done, value } = await lines.next();
    if (done) throw new Error(`Cannot measure: '${command}' failed`);
    return value.split(" ").map(Number);
  };
  const ask = (command: string): Promise<readonly number[]> => {
    stdin.write(`${command}\n`);
    return answer(command);
  };
  const move = async (command: string): Promise<LoadMoved> => {
    const [seconds = NaN, bytes = NaN, lines = NaN] = await ask(command);
    return { seconds, bytes, lines };
  };
  const seconds = async (command: string): Promise<number> =>
    (await ask(command))[0] ?? NaN;
  return {
    login: (count, width, spread) =>
      seconds(`login ${count} ${width} ${spread ? "spread" : "plain"}`),
    fetch: (count, times, command) =>
      move(`fetch ${count} ${times} ${command}`),
    store: (count, bytes, name) => move(`store ${count} ${bytes} ${name}`),
    noop(everyMs) {
      const command = `noop ${everyMs}`;
      stdin.write(`${command}\n`);
      return async () => {
        stdin.write("\n");
        const [, count = 0, medianMs = NaN, p99Ms = NaN, longestMs = NaN] =
          await answer(command);
        return { count, medianMs, p99Ms, longestMs };
      };
    },
    quit: () => seconds("quit"),
    async end() {
      stdin.end();
      await exit;
    },
  };
}
