// STAT: RFC 959 section 4.1.3.

import { formatEndpoint } from "../protocol/address.ts";
import { replyLines } from "../protocol/reply.ts";
import type { Outcome } from "../session/command.ts";
import type { CommandContext } from "../session/context.ts";
import { statusOfPath } from "./listings.ts";

/** Of the session without an argument, of a path with one. */
export async function status(
  context: CommandContext,
  _argument: string,
  path: string,
): Promise<Outcome> {
  if (path !== "") return await statusOfPath(context, path);
  const { state } = context;
  const type = state.type === "ascii" ? "ASCII" : "Binary";
  return replyLines(
    211,
    "FTP server status:",
    [
      `Connected to: ${formatEndpoint(context.local)}`,
      loginStatus(context),
      `TYPE: ${type}; STRUcture: File; MODE: Stream`,
      ...dataStatus(context),
    ],
    "End of status.",
  );
}

function loginStatus(context: CommandContext): string {
  const { account, username } = context.state;
  if (account !== null) return `Logged in as: ${account.name}`;
  return username === "" ? "Waiting for username." : "Waiting for password.";
}

function dataStatus(context: CommandContext): readonly string[] {
  const { status } = context.data;
  switch (status.kind) {
    case "none":
      return ["Data connection closed."];
    case "listening":
      return ["Passive data channel waiting for connection."];
    case "open": {
      const bytes = status.transfer?.bytes ?? 0;
      const received = status.transfer?.plan.kind === "receive";
      return [
        "Data connection open:",
        `Total bytes sent: ${received ? 0 : bytes}`,
        `Total bytes received: ${received ? bytes : 0}`,
        `Transfer elapsed time: ${status.elapsedMs / 1000} secs`,
      ];
    }
  }
}
