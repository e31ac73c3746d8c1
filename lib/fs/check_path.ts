import { FileError } from "../base/errors.ts";

const FORBIDDEN = /[\0\r\n]|\/\.{0,2}(?:\/|$)/;

/**
 * Refuses what is not a virtual path: absolute, without `.`, `..`, empty parts
 * or a `/` at the end, and without NUL, CR or LF. Sessions only send such
 * paths; a file system that asks once more cannot be led astray by a caller of
 * its own.
 *
 * @throws {FileError} `invalid`
 */
export function checkPath(path: string): void {
  if (path === "/") return;
  if (!path.startsWith("/") || FORBIDDEN.test(path)) {
    throw new FileError(
      "invalid",
      `Cannot use the path ${JSON.stringify(path)}: not a virtual path`,
    );
  }
}

/**
 * Splits a virtual path before its last part: `["/a", "b"]` for `/a/b`,
 * `["/", "a"]` for `/a`. The root has no last part: `["/", ""]`.
 */
export function splitPath(path: string): readonly [string, string] {
  const at = path.lastIndexOf("/");
  return [at === 0 ? "/" : path.slice(0, at), path.slice(at + 1)];
}
