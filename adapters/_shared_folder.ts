import { statSync } from "node:fs";
import { ConfigError } from "../lib/base/errors.ts";
import { describeCode, fileErrorCode } from "./_file_errors.ts";
import { type HostPath, hostPath } from "./_host_path.ts";

/**
 * The folder to share, when there is one.
 *
 * @throws {ConfigError} there is no such folder
 */
export function sharedFolder(root: string): HostPath {
  let problem: string;
  try {
    const folder = hostPath(root);
    if (statSync(folder).isDirectory()) return folder;
    problem = "not a directory";
  } catch (error) {
    const code = fileErrorCode(error);
    problem = code === "not-found" ? "no such directory" : describeCode(code);
  }
  throw new ConfigError(`Cannot share "${root}": ${problem}`);
}
