import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import {
  ExternalAuthorizer,
  type ExternalAuthorizerOptions,
  type LoginQuestion,
  parseAnswer,
} from "../lib/auth/external_authorizer.ts";
import {
  ConfigError,
  LoginUnavailableError,
  messageOf,
} from "../lib/base/errors.ts";
import { readCertificate } from "./_client_certificate.ts";
import { isGranted } from "./_deno_permissions.ts";

const DEFAULT_TIMEOUT_MS = 10_000;
/** Far more than an account needs. */
const DEFAULT_MAX_ANSWER_BYTES = 65_536;
/** Processes are dear. */
const DEFAULT_MAX_CONCURRENT = 4;

/** The program says no; every other code says that it could not tell. */
const EXIT_REFUSED = 1;

/** What programs need to work; others of ours may be secrets. */
const VARIABLES = ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "SystemRoot"];

/** Options of `programAuthorizer`. */
export interface ProgramAuthorizerOptions extends ExternalAuthorizerOptions {
  /** The program and its arguments; no shell looks at them. */
  readonly command: readonly [string, ...string[]];
  /**
   * Added to the environment, of which the program sees `PATH`, `HOME`,
   * `LANG`, `LC_ALL` and `TZ` only.
   */
  readonly env?: Readonly<Record<string, string>>;
  /** The working directory; left out: that of the server. */
  readonly cwd?: string;
  /**
   * Milliseconds after which the program is killed.
   * @default {10_000}
   */
  readonly timeoutMs?: number;
  /**
   * A longer answer is none.
   * @default {65_536}
   */
  readonly maxAnswerBytes?: number;
  /**
   * What becomes of the program's standard error: nobody sees it, or it goes
   * where the server's own goes.
   * @default {"ignore"}
   */
  readonly stderr?: "ignore" | "inherit";
  /**
   * Programs that run at the same time; other logins wait.
   * @default {4}
   */
  readonly maxConcurrent?: number;
}

/**
 * Lets a program decide who may log in. It is started for each login, reads the
 * question as one line of JSON from standard input (see `httpAuthorizer`; a
 * password is never an argument, which others of the machine could see), and
 * ends with 0 after it has written an account as JSON
 * (`schema/account.schema.json`; `{}` will do) to let the user in, or with 1 to
 * refuse. With anything else the client reads 421 and may try again later. On
 * Deno this needs `--allow-run` for the program, and
 * `--allow-env=NODE_V8_COVERAGE`.
 *
 * @example
 * ```ts ignore
 * const authorizer = programAuthorizer({
 *   command: ["/usr/local/lib/ftp-login", "--realm", "ftp"],
 *   openFolder: localFileSystem,
 * });
 * ```
 * @throws {ConfigError} an option does not hold
 */
export function programAuthorizer(
  options: ProgramAuthorizerOptions,
): ExternalAuthorizer {
  const { timeoutMs, maxAnswerBytes, maxConcurrent } = options;
  const refuse = (why: string): ConfigError =>
    new ConfigError(`Cannot ask a program for logins: ${why}`);
  const [program] = options.command;
  if (typeof program !== "string" || program === "") {
    throw refuse("no command is given");
  }
  for (const [name, value] of Object.entries({ timeoutMs, maxAnswerBytes })) {
    if (value === undefined || Number.isSafeInteger(value) && value > 0) {
      continue;
    }
    throw refuse(`${name} cannot be ${value}`);
  }
  const ask = async (
    question: LoginQuestion,
    signal: AbortSignal,
  ): Promise<unknown> => {
    let answer: string | null;
    try {
      answer = await run(options, question, signal);
    } catch (cause) {
      throw new LoginUnavailableError(
        `Cannot ask the program ${program}: ${messageOf(cause)}`,
        { cause },
      );
    }
    return answer === null ? null : parseAnswer(answer);
  };
  return new ExternalAuthorizer(
    { ask },
    { ...options, maxConcurrent: maxConcurrent ?? DEFAULT_MAX_CONCURRENT },
    readCertificate,
  );
}

/** What the program wrote; `null` when it refused. */
function run(
  options: ProgramAuthorizerOptions,
  question: LoginQuestion,
  signal: AbortSignal,
): Promise<string | null> {
  const { command, cwd, env, stderr = "ignore" } = options;
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const { maxAnswerBytes = DEFAULT_MAX_ANSWER_BYTES } = options;
  const [program, ...args] = command;
  return new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(program, args, {
      stdio: ["pipe", "pipe", stderr],
      env: { ...environment(), ...env },
      ...(cwd === undefined ? {} : { cwd }),
      windowsHide: true,
    });
    const chunks: Uint8Array[] = [];
    let length = 0;
    const finish = (act: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      act();
    };
    const giveUp = (why: string): void =>
      finish(() => {
        child.kill("SIGKILL");
        // What the program started may hold it open for ever.
        child.stdout?.destroy();
        reject(new Error(why));
      });
    const onAbort = (): void => giveUp("the client is gone");
    const timer = setTimeout(giveUp, timeoutMs, "no answer in time");
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    child.on("error", (error) => finish(() => reject(error)));
    child.stdout!.on("data", (chunk: Uint8Array) => {
      length += chunk.length;
      if (length <= maxAnswerBytes) chunks.push(new Uint8Array(chunk));
      else giveUp(`the answer is longer than ${maxAnswerBytes} bytes`);
    });
    child.on("close", (code, killedBy) =>
      finish(() => {
        if (code === 0) resolve(textOf(chunks));
        else if (code === EXIT_REFUSED) resolve(null);
        else reject(new Error(`it ended with ${killedBy ?? code}`));
      }));
    // A program that does not care for the question may be gone already.
    child.stdin!.on("error", () => {});
    child.stdin!.end(JSON.stringify(question) + "\n");
  });
}

function textOf(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true }))
    .join("") + decoder.decode();
}

function environment(): Record<string, string> {
  const known: Record<string, string> = {};
  for (const variable of VARIABLES) {
    // Deno would ask at the terminal.
    if (!isGranted({ name: "env", variable })) continue;
    const value = process.env[variable];
    if (value !== undefined) known[variable] = value;
  }
  return known;
}
