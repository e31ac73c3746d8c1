import { UsageError } from "./usage_error.ts";

/** A service or a program that is asked for each login. */
export type ExternalUsers =
  | { readonly kind: "http"; readonly url: string }
  | { readonly kind: "program"; readonly path: string };

/**
 * Who is asked for logins, as the command line says; `null`: nobody.
 *
 * @throws {UsageError} it is empty, or there are two
 */
export function chooseExternal(
  text: (name: "auth-url" | "auth-program") => string | null,
): ExternalUsers | null {
  const url = text("auth-url");
  const path = text("auth-program");
  if (url !== null && path !== null) {
    throw new UsageError(
      "argument --auth-program: not allowed with --auth-url",
    );
  }
  if (url === "" || path === "") {
    const name = url === "" ? "url" : "program";
    throw new UsageError(`argument --auth-${name}: must not be empty`);
  }
  if (url !== null) return { kind: "http", url };
  return path === null ? null : { kind: "program", path };
}

/** @throws {UsageError} users are known in two ways */
export function checkExternal(options: {
  readonly external: ExternalUsers | null;
  readonly users: string | null;
  readonly username: string | null;
}): void {
  if (options.external !== null && options.users !== null) {
    throw new UsageError(
      "argument --users: not allowed with --auth-url and --auth-program",
    );
  }
  if (options.external !== null && options.username !== null) {
    throw new UsageError(
      "argument -u/--username: not allowed with --auth-url and --auth-program",
    );
  }
}
