import { ConfigError } from "../base/errors.ts";
import type { JsonPath } from "../base/json_schema.ts";
import { defaultCommands } from "../commands/default_commands.ts";
import { ipFamily } from "../protocol/address.ts";
import { resolveOptions, type ServerOptions } from "../server/options.ts";
import { type Config, SERVER_KEYS, type ServerKey } from "./config.ts";

/** Something that does not hold, though its form does. */
export interface ConfigObjection {
  readonly path: JsonPath;
  readonly problem: string;
}

/** Nobody logs in while options are checked. */
const NOBODY: ServerOptions["authorizer"] = {
  authenticate: () => Promise.resolve(null),
};

/** Commands that are not there to be switched off are a mistake. */
const NAMES = defaultCommands({}, { tls: true });

/** What the schema cannot say; each option is asked for by itself. */
export function* configObjections(
  config: Config,
): Generator<ConfigObjection, void, undefined> {
  for (const key of Object.keys(SERVER_KEYS) as ServerKey[]) {
    const value = config[key];
    if (value === undefined) continue;
    const problem = problemOf({ [key]: value }, key);
    if (problem !== null) yield { path: [key], problem };
  }
  yield* masqueradeObjections(config);
  yield* listenObjections(config);
  yield* userObjections(config);
  yield* tlsObjections(config);
  for (const [at, name] of (config.disabledCommands ?? []).entries()) {
    if (NAMES.has(name.toUpperCase())) continue;
    yield { path: ["disabledCommands", at], problem: "is no command" };
  }
  if (config.workers !== undefined && !hasWorkers(config)) {
    yield {
      path: ["workers"],
      problem: "only with a concurrency other than async",
    };
  }
}

/** What the server itself says to one option. */
function problemOf(
  options: Partial<ServerOptions>,
  key: string,
): string | null {
  try {
    resolveOptions({ ...options, authorizer: NOBODY });
    return null;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.replace(`Cannot use ${key} `, "");
  }
}

function hasWorkers({ concurrency = "async" }: Config): boolean {
  return concurrency !== "async";
}

function* masqueradeObjections(
  { masqueradeAddress }: Config,
): Generator<ConfigObjection, void, undefined> {
  if (masqueradeAddress === undefined) return;
  if (ipFamily(masqueradeAddress) === 4) return;
  // Names of machines end in a label that is no number (RFC 3696, 2).
  if (/^(?:[\w-]{1,63}\.)*[\w-]*[A-Za-z_-][\w-]*\.?$/.test(masqueradeAddress)) {
    return;
  }
  yield {
    path: ["masqueradeAddress"],
    problem: "must be an IPv4 address or a host name",
  };
}

function* listenObjections(
  { listen = [], tls }: Config,
): Generator<ConfigObjection, void, undefined> {
  for (const [at, listener] of listen.entries()) {
    const { address, port, path, descriptor, implicitTls } = listener;
    const kinds = [address ?? port, path, descriptor]
      .filter((kind) => kind !== undefined).length;
    if (kinds > 1) {
      yield {
        path: ["listen", at],
        problem: "must have an address and port, a path or a descriptor, " +
          "and one of them only",
      };
    }
    if (implicitTls === true && tls === undefined) {
      yield { path: ["listen", at, "implicitTls"], problem: "needs tls" };
    }
  }
}

function* userObjections(
  config: Config,
): Generator<ConfigObjection, void, undefined> {
  const { username, passwordFile, systemUsers } = config;
  const kinds = ["authUrl", "authProgram", "users", "username"] as const;
  for (const [at, kind] of kinds.entries()) {
    if (config[kind] === undefined) continue;
    for (const key of kinds.slice(at + 1)) {
      if (config[key] === undefined) continue;
      yield { path: [key], problem: `not together with ${kind}` };
    }
  }
  if (systemUsers !== undefined) {
    for (const key of [...kinds, "directory", "mounts"] as const) {
      if (config[key] === undefined) continue;
      yield { path: [key], problem: "not together with systemUsers" };
    }
    const { allowed, rejected } = systemUsers;
    if (allowed !== undefined && rejected !== undefined) {
      yield {
        path: ["systemUsers", "rejected"],
        problem: "not together with allowed",
      };
    }
  }
  if (passwordFile !== undefined && username === undefined) {
    yield { path: ["passwordFile"], problem: "needs username" };
  }
}

function* tlsObjections(
  { tls }: Config,
): Generator<ConfigObjection, void, undefined> {
  if (tls === undefined) return;
  for (const key of ["key", "passphraseFile"] as const) {
    if (tls[key] === undefined || tls.cert !== undefined) continue;
    yield { path: ["tls", key], problem: "needs tls.cert" };
  }
  const { clientCert = "off", minVersion = "1.2", maxVersion = "1.3" } = tls;
  if (clientCert !== "off" && tls.ca === undefined) {
    yield { path: ["tls", "clientCert"], problem: "needs tls.ca" };
  }
  if (minVersion > maxVersion) {
    yield { path: ["tls", "maxVersion"], problem: "is below tls.minVersion" };
  }
}
