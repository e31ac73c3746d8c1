import { readFileSync, statSync } from "node:fs";
import { ConfigError } from "../lib/base/errors.ts";
import { describeCode, fileErrorCode } from "./_file_errors.ts";

/** Files are looked at again after this time. */
const LOOK_AGAIN_MS = 1_000;

/**
 * The text of a small file that may change: it is looked at when asked for, at
 * most once a second unless `atOnce`, and read when it is another one than
 * before.
 *
 * @throws {ConfigError} from the function that it returns, when the file cannot
 * be read
 */
export function watchedFile(path: string): (atOnce?: boolean) => string {
  let stamp = "";
  let lookedAt = -Infinity;
  let text = "";
  let failure: ConfigError | null = null;
  return (atOnce = false) => {
    const now = Date.now();
    if (atOnce || now - lookedAt >= LOOK_AGAIN_MS || now < lookedAt) {
      lookedAt = now;
      try {
        const next = stampOf(path);
        if (next !== stamp) {
          text = readFileSync(path, "utf8");
          // Not before: what could not be read is tried again.
          stamp = next;
        }
        failure = null;
      } catch (cause) {
        failure = new ConfigError(
          `Cannot read "${path}": ${describeCode(fileErrorCode(cause))}`,
          { cause },
        );
      }
    }
    if (failure !== null) throw failure;
    return text;
  };
}

/** Which version of the file is there; links are followed. */
function stampOf(path: string): string {
  const { mtimeMs, ctimeMs, size, ino } = statSync(path);
  return [mtimeMs, ctimeMs, size, ino].join();
}
