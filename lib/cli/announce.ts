import { formatEndpoint } from "../protocol/address.ts";
import type { FileSystem } from "../spi/file_system.ts";
import type { Endpoint } from "../spi/transport.ts";
import type { CliHost } from "./host.ts";
import type { Logger } from "./logger.ts";
import type { CliOptions } from "./options.ts";
import { clientUrls } from "./urls.ts";

/** Logs how the server is set up, as pyftpdlib does. */
export function announceConfiguration(
  options: CliOptions,
  host: CliHost,
  logger: Logger,
): void {
  const { range } = options;
  const ports = range === null ? "None" : `${range.from}->${range.to}`;
  const limit = (value: number): string =>
    value === 0 ? "unlimited" : String(value);
  logger.log("info", `concurrency model: ${options.concurrency}`);
  logger.log(
    "info",
    `masquerade (NAT) address: ${options.natAddress ?? "None"}`,
  );
  logger.log("info", `passive ports: ${ports}`);
  logger.log("debug", `transport: ${host.platform.transport.name}`);
  logger.log("debug", `max connections: ${limit(options.maxCons)}`);
  logger.log(
    "debug",
    `max connections per ip: ${limit(options.maxConsPerIp)}`,
  );
  logger.log("debug", `timeout: ${options.timeoutMs / 1000}`);
  logger.log("debug", `max login attempts: ${options.maxLoginAttempts}`);
  logger.log("debug", `encoding: ${options.encoding}`);
}

/** Where the server listens. */
export interface Listening {
  readonly endpoint: Endpoint;
  /** For clients that begin with TLS. */
  readonly implicit: Endpoint | null;
}

/** Logs where the server listens, what it shares, and what to type. */
export function announceStart(
  listening: Listening,
  fileSystem: FileSystem,
  options: CliOptions,
  host: CliHost,
  logger: Logger,
): void {
  const { endpoint, implicit } = listening;
  const addresses = host.networkAddresses();
  const urls = [
    ...clientUrls(endpoint, addresses, options.username),
    ...(implicit === null
      ? []
      : clientUrls(implicit, addresses, options.username, "ftps")),
  ];
  const folder = options.systemUsers === null
    ? fileSystem.locate?.("/") ?? "/"
    : options.systemUsers.jail
    ? "the home of each user"
    : "/";
  logger.log(
    "info",
    `>>> starting FTP server on ${
      formatEndpoint(endpoint)
    }, pid=${host.pid} <<<`,
    { address: endpoint, pid: host.pid },
  );
  logger.log(
    "info",
    [`sharing ${folder} (${whoOf(options)}):`, ...urls].join("\n"),
    { folder, write: options.write, user: options.username, urls },
  );
}

/** Who gets in, to do what. */
function whoOf({ users, systemUsers, username, write }: CliOptions): string {
  if (users !== null) return `users of ${users}`;
  const access = write ? "read and write" : "read-only";
  if (systemUsers !== null) return `${access}, users of this system`;
  return `${access}, ${username === null ? "anonymous" : `user ${username}`}`;
}
