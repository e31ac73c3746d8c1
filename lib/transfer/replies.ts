import { FileError, TransportError } from "../base/errors.ts";
import { type Reply, reply } from "../protocol/reply.ts";
import { fileErrorText } from "../protocol/file_error_text.ts";
import type { TransferResult } from "./outcome.ts";

/**
 * The last reply of a transfer; `null` when nobody is there to read it.
 * ABOR with nothing moved yet has no reply but its own.
 */
export function closingReply(result: TransferResult): Reply | null {
  switch (result.outcome) {
    case "complete":
      return reply(226, "Transfer complete.");
    case "disconnected":
      return reply(
        426,
        `Transfer aborted; ${result.bytes} bytes transmitted.`,
      );
    case "handshake-failed":
      return reply(
        522,
        isNotResumed(result.error)
          ? "TLS session of the control connection must be resumed."
          : "SSL handshake failed.",
      );
    case "stalled":
      return reply(421, "Data connection timed out.");
    case "aborted":
      return result.begun ? reply(426, "Transfer aborted via ABOR.") : null;
    case "file-error":
      return fileErrorReply(result.error);
    case "closed":
      return null;
  }
}

function isNotResumed(error: unknown): boolean {
  return error instanceof TransportError && error.code === "not-resumed";
}

function fileErrorReply(error: unknown): Reply {
  if (!(error instanceof FileError)) {
    return reply(426, "Internal error; transfer aborted.");
  }
  const text = `${fileErrorText(error)}; transfer aborted.`;
  switch (error.code) {
    case "no-space":
      return reply(452, text);
    case "quota-exceeded":
    case "too-large":
      return reply(552, text);
    default:
      return reply(426, text);
  }
}
