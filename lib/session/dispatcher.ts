import { FileError } from "../base/errors.ts";
import {
  encodeReplyBody,
  encodeReplyEnd,
  encodeReplyStart,
  type Reply,
  reply,
} from "../protocol/reply.ts";
import type { Outcome, StreamedReply } from "./command.ts";
import type { CommandContext } from "./context.ts";
import { fileErrorReply } from "./file_error_reply.ts";
import { checkGates } from "./gates.ts";
import { pathArgument } from "./path_argument.ts";
import type { Log } from "./session_log.ts";
import { violation } from "./tls_policy.ts";
import type { FoundCommand } from "./understand.ts";

/** What the dispatcher does to its session, besides replies. */
export interface DispatchHost {
  readonly context: CommandContext;
  readonly log: Log;
  reply(reply: Reply): void;
  /** Sends a part of a streamed reply; resolves when more is welcome. */
  sendPart(bytes: Uint8Array, isLast: boolean): Promise<void>;
  /** Ends the session once its replies are out. */
  end(): void;
  /** Sends the reply, then becomes the server of a TLS session. */
  startTls(reply: Reply): Promise<void>;
  /** Sends the reply, then goes on without TLS. */
  stopTls(reply: Reply): Promise<void>;
}

/** Executes one command: gates, path, permission, handler, replies. */
export async function dispatch(
  command: FoundCommand,
  host: DispatchHost,
): Promise<void> {
  const { spec, verb } = command;
  const { context } = host;
  if (spec.forgets === "rename") context.state.renameFrom = null;
  const refusal = checkGates(spec, command, context.state, {
    secure: context.session.secure,
    control: context.settings.tls?.control ?? "allowed",
    data: violation(
      context.state.protectsData,
      context.settings.tls?.data,
      context.state.account?.tls?.data,
    ),
  });
  if (refusal !== null) return host.reply(refusal);
  let path = "";
  try {
    let { argument } = command;
    if (spec.path !== undefined && context.state.account !== null) {
      const found = await pathArgument(
        spec,
        argument,
        context.state.workingDirectory,
        context.files,
      );
      ({ path, argument } = found);
      const { action } = spec;
      if (action !== undefined && path !== "") {
        if (!await context.allows(action, path)) {
          return answer(host, command, path, notAllowed());
        }
      }
    }
    await perform(host, command, path, await spec.run(context, argument, path));
  } catch (error) {
    answer(host, command, path, errorReply(host, verb, path, error));
  }
}

async function perform(
  host: DispatchHost,
  command: FoundCommand,
  path: string,
  outcome: Outcome,
): Promise<void> {
  if (outcome === null) return;
  if ("transfer" in outcome) {
    return await host.context.data.start(outcome.transfer);
  }
  if ("stream" in outcome) return await stream(host, outcome.stream);
  if (!("reply" in outcome)) return answer(host, command, path, outcome);
  if (outcome.startTls === true) return await host.startTls(outcome.reply);
  if (outcome.stopTls === true) return await host.stopTls(outcome.reply);
  answer(host, command, path, outcome.reply);
  await outcome.afterwards?.();
  if (outcome.close === true) host.end();
}

/** Sends a reply and writes the line of the log that some commands have. */
function answer(
  host: DispatchHost,
  command: FoundCommand,
  path: string,
  answered: Reply,
): void {
  host.reply(answered);
  const { context, log } = host;
  if (!context.settings.loggedCommands.has(command.verb)) return;
  // At debug every command has its line already.
  if (log.isOn("debug")) return;
  const subject = path === "" ? command.argument : context.locate(path);
  const failed = answered.code >= 400 ? ` '${answered.text}'` : "";
  log.write(
    "info",
    `${command.verb} ${subject} ${answered.code}${failed}`,
    { command: command.verb, path: subject, code: answered.code },
  );
}

function errorReply(
  host: DispatchHost,
  verb: string,
  path: string,
  error: unknown,
): Reply {
  if (error instanceof FileError) return fileErrorReply(error, path);
  host.log.error(`Cannot execute ${verb}`, error);
  return path === ""
    ? reply(451, "Requested action aborted: local error in processing.")
    : reply(550, "Requested action not taken: internal error.");
}

async function stream(
  host: DispatchHost,
  streamed: StreamedReply,
): Promise<void> {
  const { codec } = host.context.settings;
  const send = (bytes: Uint8Array, isLast = false): Promise<void> =>
    host.sendPart(bytes, isLast);
  await send(encodeReplyStart(streamed.code, streamed.text, codec));
  try {
    for await (const lines of streamed.body) {
      if (lines.length > 0) await send(encodeReplyBody(lines, codec));
    }
  } catch (error) {
    // The reply has begun, so it can only be cut short.
    host.log.error("Cannot finish a reply", error);
  }
  host.log.write("debug", `-> ${streamed.code} ${streamed.end}`);
  await send(encodeReplyEnd(streamed.code, streamed.end, codec), true);
}

function notAllowed(): Reply {
  return reply(550, "Not enough privileges.");
}
