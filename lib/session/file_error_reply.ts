import type { FileError } from "../base/errors.ts";
import { fileErrorText } from "../protocol/file_error_text.ts";
import { type Reply, reply } from "../protocol/reply.ts";

/**
 * The reply to a file error: the system's words and never a path of the disk.
 *
 * @param path what the client asked for, as the client knows it
 */
export function fileErrorReply(
  error: FileError,
  path: string,
  code: number = 550,
): Reply {
  const text = error.code === "outside-root"
    ? `'${path}' points to a path which is outside ` +
      "the user's root directory."
    : `${fileErrorText(error)}.`;
  return reply(code, text);
}
