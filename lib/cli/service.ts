import { MemoryAuthorizer } from "../auth/memory_authorizer.ts";
import type { UsersAuthorizer } from "../auth/users_authorizer.ts";
import { ConfigError } from "../base/errors.ts";
import { formatPath, type JsonPath } from "../base/json_schema.ts";
import { mountTable } from "../fs/mount_table.ts";
import { QuotaBook } from "../fs/quota_book.ts";
import { readOnly } from "../fs/read_only.ts";
import { ipFamily } from "../protocol/address.ts";
import { resolveOptions, type ServerOptions } from "../server/options.ts";
import { xferlog } from "../server/xferlog.ts";
import type { Authorizer } from "../spi/authorizer.ts";
import type { FileSystem } from "../spi/file_system.ts";
import { asShared } from "./folder.ts";
import { openExternal } from "./external_users.ts";
import type { CliHost } from "./host.ts";
import type { Logger } from "./logger.ts";
import type { CliOptions } from "./options.ts";
import { platformFor } from "./platform.ts";
import { serverOptions } from "./server_options.ts";
import { openSystemUsers } from "./system_users.ts";
import { type CliTls, openTls } from "./tls.ts";
import { openUsers, permissionsOf } from "./users.ts";

/** What the command line comes to, checked, before anybody listens. */
export interface Service {
  readonly options: ServerOptions;
  readonly fileSystem: FileSystem;
  readonly users: UsersAuthorizer | null;
  readonly tls: CliTls | null;
  /** Counts go on when the configuration changes. */
  readonly book: QuotaBook;
  /** What folders and users were opened by. */
  readonly access: string;
  readonly opened: Access;
}

/** Who gets in, and to what. */
interface Access {
  readonly fileSystem: FileSystem;
  readonly users: UsersAuthorizer | null;
  readonly authorizer: Authorizer;
}

/** Where a value of a configuration comes from, for messages. */
export type Whereabouts = ((path: JsonPath) => string) | null;

/**
 * Opens what the options name: folders, users, certificate.
 *
 * @param where where values come from, for messages
 * @param previous what was opened before: counts go on, and users and folders
 * that are the same ones stay
 * @throws {UsageError | ConfigError} when the options do not hold
 */
export async function openService(
  options: CliOptions,
  password: string,
  host: CliHost,
  logger: Logger,
  where: Whereabouts = null,
  previous: Service | null = null,
): Promise<Service> {
  const { config = {} } = options;
  const book = previous?.book ??
    new QuotaBook({ now: () => host.platform.clock.now() });
  const access = accessOf(options, password);
  // Sessions that run and those to come shall meet in the same objects.
  const kept = previous?.access === access ? previous : null;
  const about = <T>(path: JsonPath, open: () => T): Promise<Awaited<T>> =>
    placed(options, where, path, open);
  const { fileSystem, users, authorizer } = kept?.opened ??
    await openAccess(options, password, host, logger, about, book);
  kept?.users?.reload();
  const tls = await about(["tls"], () => openTls(options, host));
  const shown = config.masqueradeAddress;
  const masquerade = shown === undefined || ipFamily(shown) === 4 ? {} : {
    masqueradeAddress: await about(
      ["masqueradeAddress"],
      () => host.resolvedAddress(shown),
    ),
  };
  const journal = config.log?.xferlog;
  const lines = journal === undefined
    ? null
    : await about(["log", "xferlog"], () => host.openLogFile(journal));
  const hooks = lines && xferlog({ write: (line) => lines.write(line) });
  const server: ServerOptions = {
    ...serverOptions(options, authorizer, logger.sink, hooks),
    ...(tls === null ? {} : { tls: tls.options }),
    ...masquerade,
  };
  // What no file could tell: some runtimes cannot do all of it.
  const { transport } = platformFor(options, host);
  await about(["tls"], () => resolveOptions(server, transport));
  return {
    options: server,
    fileSystem,
    users,
    tls,
    book,
    access,
    opened: { fileSystem, users, authorizer },
  };
}

async function openAccess(
  options: CliOptions,
  password: string,
  host: CliHost,
  logger: Logger,
  about: About,
  book: QuotaBook,
): Promise<Access> {
  const folder = await about(
    ["directory"],
    () => host.openFolder(options.directory ?? host.cwd, options),
  );
  const tree = await withMounts(folder, options, host, about);
  const fileSystem = asShared(tree, options);
  const users = await about(
    ["users"],
    () => openUsers(options, tree, host, logger, book),
  );
  const authorizer = users ??
    openExternal(options, tree, host, logger, book) ??
    await about(
      ["systemUsers"],
      () => openSystemUsers(options, host, logger),
    ) ??
    makeAuthorizer(options, password, fileSystem, logger);
  return { fileSystem, users, authorizer };
}

/** What has to be the same for folders and users to be. */
function accessOf(options: CliOptions, password: string): string {
  const { directory, write, users, username, atomicUploads, concurrency } =
    options;
  return JSON.stringify([
    directory,
    write,
    users,
    options.systemUsers,
    username,
    password,
    atomicUploads,
    options.noOverwrite,
    options.fsync,
    concurrency,
    options.config?.mounts ?? null,
    options.systemUsers,
    options.external,
  ]);
}

/** Opens something; when it fails, the place in the file is told. */
type About = <T>(path: JsonPath, open: () => T) => Promise<Awaited<T>>;

async function placed<T>(
  options: CliOptions,
  where: Whereabouts,
  path: JsonPath,
  open: () => T,
): Promise<Awaited<T>> {
  try {
    return await open();
  } catch (error) {
    const [key] = path;
    const isConfigured = key !== undefined && options.config !== undefined &&
      Object.hasOwn(options.config, key);
    if (!(error instanceof ConfigError) || where === null || !isConfigured) {
      throw error;
    }
    const message = `${where(path)}: ${formatPath(path)}: ${error.message}`;
    throw new ConfigError(message, { cause: error });
  }
}

async function withMounts(
  folder: FileSystem,
  options: CliOptions,
  host: CliHost,
  about: About,
): Promise<FileSystem> {
  const mounts = Object.entries(options.config?.mounts ?? {});
  if (mounts.length === 0) return folder;
  const tree: Record<string, FileSystem> = { "/": folder };
  for (const [point, { directory, write = true }] of mounts) {
    const mounted = await about(
      ["mounts", point, "directory"],
      () => host.openFolder(directory, options),
    );
    tree[point] = write ? mounted : readOnly(mounted);
  }
  return await about(["mounts"], () => mountTable(tree));
}

function makeAuthorizer(
  options: CliOptions,
  password: string,
  fileSystem: FileSystem,
  logger: Logger,
): Authorizer {
  const authorizer = new MemoryAuthorizer({
    onWarning: (message) => logger.log("warn", message),
  });
  const permissions = permissionsOf(options);
  const { username } = options;
  if (username === null) {
    authorizer.addAnonymous({ fileSystem, permissions });
  } else {
    authorizer.addUser({ username, password, fileSystem, permissions });
  }
  return authorizer;
}
