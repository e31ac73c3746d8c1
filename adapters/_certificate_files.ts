import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { ConfigError } from "../lib/base/errors.ts";
import type { TlsConfig } from "../lib/spi/transport.ts";
import { checkTls } from "./_tls_context.ts";

/** Which files hold what {@linkcode TlsConfig} wants as texts. */
export interface CertificateFiles
  extends Omit<TlsConfig, "cert" | "key" | "ca"> {
  /** PEM: the certificate, then those that lead to its root. */
  readonly cert: string;
  /**
   * PEM: the private key.
   * @default the file of `cert`
   */
  readonly key?: string;
  /** PEM: the certificates that those of clients must lead to. */
  readonly ca?: string;
}

/** Files are looked at again after this time. */
const LOOK_AGAIN_MS = 1_000;

type Member = "cert" | "key" | "ca";

/**
 * Certificate and key from files, for `tls.config`. The files are looked at
 * again when a session begins, at most once a second, so that a renewed
 * certificate is served without anybody doing anything; as long as the files
 * do not fit each other, in the middle of a renewal say, the last ones serve
 * and the log tells.
 *
 * @example
 * ```ts ignore
 * import { certificateFiles, serve } from "anyftpd";
 *
 * await serve({
 *   directory: ".",
 *   tls: {
 *     config: certificateFiles({ cert: "fullchain.pem", key: "privkey.pem" }),
 *   },
 * });
 * ```
 *
 * @throws {ConfigError} when a file cannot be read or does not hold what it
 * should, with its name; from the function that it returns too
 */
export function certificateFiles(
  files: CertificateFiles,
): (fresh?: boolean) => TlsConfig {
  const { cert, key = cert, ca, ...rest } = files;
  const paths = new Map<Member, string>([["cert", resolve(cert)]]);
  paths.set("key", resolve(key));
  if (ca !== undefined) paths.set("ca", resolve(ca));
  const load = (): TlsConfig => {
    const texts = new Map<Member, string>();
    for (const [member, path] of paths) texts.set(member, read(path));
    const config = { ...rest, ...Object.fromEntries(texts) } as TlsConfig;
    try {
      checkTls(config);
    } catch (cause) {
      throw named(cause, paths);
    }
    return config;
  };
  let stamp = stampOf(paths);
  let config = load();
  let lookedAt = Date.now();
  return (fresh = false) => {
    const now = Date.now();
    if (fresh || now - lookedAt >= LOOK_AGAIN_MS || now < lookedAt) {
      lookedAt = now;
      const next = stampOf(paths);
      if (next !== stamp) {
        config = load();
        // Not before: what could not be loaded is tried again.
        stamp = next;
      }
    }
    return config;
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new ConfigError(`Cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
}

/** Which version of the files is there; links are followed. */
function stampOf(paths: ReadonlyMap<Member, string>): string {
  return [...paths.values()].map((path) => {
    try {
      const { mtimeMs, ctimeMs, size, ino } = statSync(path);
      return [mtimeMs, ctimeMs, size, ino].join();
    } catch {
      return "";
    }
  }).join(";");
}

/** The error with the file that it is about. */
function named(error: unknown, paths: ReadonlyMap<Member, string>): unknown {
  if (!(error instanceof ConfigError)) return error;
  const member = /: (?:the )?(cert|key|ca)\b/.exec(error.message)?.[1];
  const about = member === "cert" || member === "ca" ? member : "key";
  const path = paths.get(about) ?? "";
  return new ConfigError(`${error.message} (${path})`, { cause: error });
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : null;
  switch (code) {
    case "ENOENT":
      return "no such file";
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "EISDIR":
      return "it is a directory";
    default:
      return String(code ?? error);
  }
}
