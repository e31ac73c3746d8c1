import type { FileSystem } from "../spi/file_system.ts";
import type { CliHost } from "./host.ts";
import type { OpenListener } from "./listeners.ts";
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
  const timeoutMs = options.config?.idleTimeoutMs ?? options.timeoutMs;
  logger.log("debug", `timeout: ${timeoutMs / 1000}`);
  logger.log("debug", `max login attempts: ${options.maxLoginAttempts}`);
  logger.log("debug", `encoding: ${options.encoding}`);
}

/** Logs where the server listens, what it shares, and what to type. */
export function announceStart(
  listeners: readonly OpenListener[],
  fileSystem: FileSystem,
  options: CliOptions,
  host: CliHost,
  logger: Logger,
): void {
  const addresses = host.networkAddresses();
  const withAddress = listeners.filter(({ endpoint }) => endpoint.port !== 0);
  const urls = withAddress.flatMap(({ endpoint, wanted }) =>
    clientUrls(
      endpoint,
      addresses,
      options.username,
      wanted.implicitTls === true ? "ftps" : "ftp",
    )
  );
  const folder = options.systemUsers === null
    ? fileSystem.locate?.("/") ?? "/"
    : options.systemUsers.jail
    ? "the home of each user"
    : "/";
  for (const { name, endpoint, wanted } of listeners.toSpliced(0, 1)) {
    // Implicit TLS is seen in the URLs, as ever.
    if (wanted.implicitTls === true && endpoint.port !== 0) continue;
    logger.log("info", `listening on ${name} too`);
  }
  const [first] = listeners;
  logger.log(
    "info",
    `>>> starting FTP server on ${first?.name}, pid=${host.pid} <<<`,
    { address: first?.endpoint, pid: host.pid },
  );
  logger.log(
    "info",
    [`sharing ${folder} (${whoOf(options)}):`, ...urls].join("\n"),
    { folder, write: options.write, user: options.username, urls },
  );
}

/** Who gets in, to do what. */
function whoOf(
  { users, external, systemUsers, username, write }: CliOptions,
): string {
  if (external !== null) {
    // A query may be a secret.
    return external.kind === "program"
      ? `users known to ${external.path}`
      : `users known to ${external.url.replace(/[?#].*/s, "")}`;
  }
  if (users !== null) return `users of ${users}`;
  const access = write ? "read and write" : "read-only";
  if (systemUsers !== null) return `${access}, users of this system`;
  return `${access}, ${username === null ? "anonymous" : `user ${username}`}`;
}
