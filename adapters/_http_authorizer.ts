import { isIPv4 } from "node:net";
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

const DEFAULT_TIMEOUT_MS = 10_000;
/** Far more than an account needs. */
const DEFAULT_MAX_ANSWER_BYTES = 65_536;

/** Options of `httpAuthorizer`. */
export interface HttpAuthorizerOptions extends ExternalAuthorizerOptions {
  /** Where to ask: `https:`, or `http:` on this machine. */
  readonly url: string;
  /**
   * Sent as `Authorization: Bearer …`. A function is called for each login.
   */
  readonly bearer?: string | (() => string | Promise<string>);
  /** Sent with each request. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Milliseconds for the whole answer.
   * @default {10_000}
   */
  readonly timeoutMs?: number;
  /**
   * A longer answer is none.
   * @default {65_536}
   */
  readonly maxAnswerBytes?: number;
  /**
   * Whether passwords may travel in clear to another machine.
   * @default {false}
   */
  readonly allowClearText?: boolean;
}

/**
 * Lets a web service decide who may log in. For each login the question is
 * sent by POST, as JSON:
 *
 * ```json
 * {"user":"ann","password":"secret","address":"192.0.2.7","port":50123,
 *  "localAddress":"192.0.2.1","localPort":21,"tls":true,"certificate":null}
 * ```
 *
 * 200 with an account (`schema/account.schema.json`; `{}` will do) lets the
 * user in, 401 and 403 refuse. With anything else, redirects and silence
 * included, the client reads 421 and may try again later. On Deno the program
 * needs `--allow-net` for the service.
 *
 * @example
 * ```ts ignore
 * const authorizer = httpAuthorizer({
 *   url: "https://accounts.example.com/ftp",
 *   bearer: () => token,
 *   openFolder: localFileSystem,
 * });
 * ```
 * @throws {ConfigError} an option does not hold
 */
export function httpAuthorizer(
  options: HttpAuthorizerOptions,
): ExternalAuthorizer {
  const url = checkUrl(options);
  const settings = {
    ...options,
    url,
    timeoutMs: positive("timeoutMs", options.timeoutMs, DEFAULT_TIMEOUT_MS),
    maxAnswerBytes: positive(
      "maxAnswerBytes",
      options.maxAnswerBytes,
      DEFAULT_MAX_ANSWER_BYTES,
    ),
  };
  const ask = async (
    question: LoginQuestion,
    signal: AbortSignal,
  ): Promise<unknown> => {
    try {
      return await post(settings, question, signal);
    } catch (cause) {
      if (cause instanceof LoginUnavailableError) throw cause;
      // Not as its cause, which the log would show whole.
      throw unavailable(url, reasonOf(cause, url));
    }
  };
  return new ExternalAuthorizer({ ask }, options, readCertificate);
}

type Settings =
  & Required<Pick<HttpAuthorizerOptions, "timeoutMs" | "maxAnswerBytes">>
  & Pick<HttpAuthorizerOptions, "bearer" | "headers">
  & { readonly url: URL };

async function post(
  settings: Settings,
  question: LoginQuestion,
  signal: AbortSignal,
): Promise<unknown> {
  const { url, bearer, headers, timeoutMs, maxAnswerBytes } = settings;
  const token = typeof bearer === "function" ? await bearer() : bearer;
  const response = await fetch(url, {
    method: "POST",
    headers: headersOf(url, {
      ...headers,
      "content-type": "application/json",
      accept: "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    }),
    body: JSON.stringify(question),
    // A password goes nowhere else.
    redirect: "manual",
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  });
  const { status, body } = response;
  if (status === 200) {
    return parseAnswer(await textOf(body, maxAnswerBytes, url));
  }
  await body?.cancel();
  if (status === 401 || status === 403) return null;
  throw unavailable(url, `status ${status}`);
}

/** Runtimes quote what they refuse, which may be a secret. */
function headersOf(
  url: URL,
  headers: Readonly<Record<string, string>>,
): Headers {
  try {
    return new Headers(headers);
  } catch {
    throw unavailable(url, "a header cannot be sent");
  }
}

async function textOf(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  url: URL,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  // Leaving the loop closes the connection.
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > maxBytes) {
      throw unavailable(url, `the answer is longer than ${maxBytes} bytes`);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function checkUrl(options: HttpAuthorizerOptions): URL {
  const refuse = (why: string, cause?: unknown): ConfigError =>
    new ConfigError(`Cannot ask for logins by HTTP: ${why}`, { cause });
  let url: URL;
  try {
    url = new URL(options.url);
  } catch (cause) {
    throw refuse("the URL cannot be understood", cause);
  }
  if (url.username !== "" || url.password !== "") {
    throw refuse("credentials belong into headers, not into the URL");
  }
  if (url.protocol === "https:") return url;
  if (url.protocol !== "http:") {
    throw refuse(`${url.protocol} is not https:`);
  }
  if (options.allowClearText !== true && !isLoopback(url.hostname)) {
    throw refuse("passwords would travel in clear; use https:");
  }
  return url;
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" ||
    (isIPv4(hostname) && hostname.startsWith("127."));
}

function positive(
  name: string,
  value: number | undefined,
  otherwise: number,
): number {
  const number = value ?? otherwise;
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new ConfigError(
    `Cannot ask for logins by HTTP: ${name} cannot be ${value}`,
  );
}

/** What runtimes say differs; Deno names the URL, whose query may be a secret. */
function reasonOf(cause: unknown, { href, search }: URL): string {
  const { name } = cause as { readonly name?: string };
  if (name === "TimeoutError") return "no answer in time";
  if (name === "AbortError") return "the client is gone";
  const inner = (cause as { readonly cause?: unknown }).cause ?? cause;
  const message = messageOf(inner).replaceAll(href, "");
  return search === "" ? message : message.replaceAll(search, "");
}

/** The query may be a secret. */
function unavailable(
  { origin, pathname }: URL,
  why: string,
): LoginUnavailableError {
  return new LoginUnavailableError(`Cannot ask ${origin}${pathname}: ${why}`);
}
