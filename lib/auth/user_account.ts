import { resolvePath } from "../protocol/path.ts";
import type {
  Account,
  AccountLimits,
  Action,
  PermissionTarget,
  TlsDemands,
} from "../spi/authorizer.ts";
import type { FileSystem } from "../spi/file_system.ts";
import type { UserRules } from "./user_rules.ts";
import type { UserRecord } from "./users_file.ts";

/** A user of a file who is logged in; what is allowed follows the file. */
export class UserAccount implements Account {
  readonly name: string;
  readonly fileSystem: FileSystem;
  readonly home: string;
  readonly loginMessage: string;
  readonly quitMessage: string;
  readonly limits: AccountLimits;
  readonly tls: TlsDemands;
  readonly allows: Account["allows"];
  readonly #current: () => UserRecord | null;

  /** @param current the user as the file has it now; `null`: kept out */
  constructor(
    { name, entry }: UserRecord,
    fileSystem: FileSystem,
    rules: UserRules,
    current: () => UserRecord | null,
  ) {
    this.name = name;
    this.fileSystem = fileSystem;
    this.home = resolvePath("/", entry.home ?? "/");
    this.loginMessage = entry.loginMessage ?? "Login successful.";
    this.quitMessage = entry.quitMessage ?? "Goodbye.";
    this.limits = entry.limits ?? {};
    this.tls = entry.tls ?? {};
    this.allows = (action, target) => {
      const user = current();
      if (user === null) return false;
      const known = rules.of(user, fileSystem);
      return known instanceof Promise
        ? allowsLater(known, action, target)
        : known.allows(action, target);
    };
    this.#current = current;
  }

  get pathRules(): boolean {
    return (this.#current()?.folders.length ?? 0) > 0;
  }
}

async function allowsLater(
  rules: Promise<{ allows: Account["allows"] }>,
  action: Action,
  target: PermissionTarget,
): Promise<boolean> {
  return await (await rules).allows(action, target);
}
