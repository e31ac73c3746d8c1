import {
  type CommandLine,
  maskCommandLine,
  parseCommandLine,
  telnetVerb,
} from "../protocol/command_line.ts";
import { type Reply, reply } from "../protocol/reply.ts";
import type { LogLevel } from "../spi/log.ts";
import type { Incoming } from "./command_reader.ts";
import type { CommandSpec, CommandTable } from "./command.ts";
import type { Log } from "./session_log.ts";
import type { Settings } from "./settings.ts";

/** A command line with the table's entry for it. */
export interface FoundCommand {
  readonly verb: string;
  readonly argument: string;
  readonly spec: CommandSpec;
}

/** What is to be done about something that came in. */
export type Understanding =
  | { readonly kind: "command"; readonly command: FoundCommand }
  /** Nothing to execute: an answer, and perhaps the end of the session. */
  | {
    readonly kind: "refusal";
    readonly reply: Reply | null;
    readonly ends: boolean;
    /** For the log. */
    readonly note?: { readonly level: LogLevel; readonly text: string };
    /** The reply repeats what the client sent: keep it out of the log. */
    readonly secret?: boolean;
  };

/**
 * Methods of HTTP. A browser that was tricked into talking to us sends them,
 * with commands in the body that must not be reached.
 */
const HTTP_METHODS: ReadonlySet<string> = new Set([
  "GET",
  "POST",
  "HEAD",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
  "CONNECT",
  "TRACE",
]);

/** Looks a line up in the table; every line is in the debug log, masked. */
export function understand(
  incoming: Incoming,
  settings: Settings,
  log: Log,
): Understanding {
  switch (incoming.kind) {
    case "too-long":
      return refuse(500, "Command too long.", "warn");
    case "flood":
      return refuse(421, "Too much input before login.", "warn", true);
    case "tls":
      // Whoever speaks TLS here cannot read a reply of ours.
      return {
        kind: "refusal",
        reply: null,
        ends: true,
        note: { level: "info", text: "TLS handshake on a clear connection." },
      };
    case "line":
      return understandLine(incoming.bytes, settings, log);
  }
}

/** Whether a line may be executed while another command waits. */
export function mayOvertake(incoming: Incoming, settings: Settings): boolean {
  if (incoming.kind !== "line") return false;
  const line = parseCommandLine(incoming.bytes, settings.codec);
  const found = line === null ? null : findCommand(line, settings.commands);
  return found !== null && found.spec.lane === "interrupt" &&
    (found.spec.login !== "with-argument" || found.argument === "");
}

/** The table's entry; Telnet signals before ABOR, STAT, QUIT are forgiven. */
export function findCommand(
  { verb, argument }: CommandLine,
  commands: CommandTable,
): FoundCommand | null {
  const spec = commands.get(verb);
  if (spec !== undefined) return { verb, argument, spec };
  const signalled = telnetVerb(verb);
  const forgiven = signalled === null ? undefined : commands.get(signalled);
  return signalled === null || forgiven === undefined
    ? null
    : { verb: signalled, argument, spec: forgiven };
}

function understandLine(
  bytes: Uint8Array,
  settings: Settings,
  log: Log,
): Understanding {
  const line = parseCommandLine(bytes, settings.codec);
  if (line === null) return refuse(501, "Can't decode command.");
  if (log.isOn("debug")) log.write("debug", `<- ${maskCommandLine(line)}`);
  const command = findCommand(line, settings.commands);
  if (command !== null) return { kind: "command", command };
  if (HTTP_METHODS.has(line.verb)) {
    return refuse(421, "This is not an HTTP server.", "warn", true);
  }
  const text = `Command "${line.verb}" not understood.`;
  // `PASSsecret` is no command, but it may hold a password.
  const secret = line.verb.includes("PASS");
  return { kind: "refusal", reply: reply(500, text), ends: false, secret };
}

function refuse(
  code: number,
  text: string,
  level?: LogLevel,
  ends: boolean = false,
): Understanding {
  return {
    kind: "refusal",
    reply: reply(code, text),
    ends,
    ...(level === undefined ? {} : { note: { level, text } }),
  };
}
