/**
 * `argument` as an absolute path, seen from `cwd`. `.`, `..` and repeated or
 * trailing slashes are gone; nothing leads above `/`. A backslash is an
 * ordinary character. `..` is worked out on the text, whatever links there are.
 *
 * @param cwd An absolute path
 */
export function resolvePath(cwd: string, argument: string): string {
  const whole = argument.startsWith("/") ? argument : `${cwd}/${argument}`;
  const parts: string[] = [];
  for (const part of whole.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** The folder that `path` lies in; `/` for `/`. */
export function parentPath(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

/** The last part of `path`; empty for `/`. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The path of the entry `name` of `folder`. */
export function joinPath(folder: string, name: string): string {
  return folder === "/" ? `/${name}` : `${folder}/${name}`;
}

/** Whether `path` is `folder` or lies below it; `/home2` is not in `/home`. */
export function isInside(folder: string, path: string): boolean {
  if (folder === "/" || path === folder) return true;
  return path.startsWith(folder) && path[folder.length] === "/";
}

/**
 * `path` as it stands between the quotes of a 257 reply (RFC 959 appendix II):
 * every `"` is doubled. The outer quotes are the caller's.
 */
export function quotePath(path: string): string {
  return path.replaceAll('"', '""');
}
