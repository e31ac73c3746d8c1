import type { Reply } from "../protocol/reply.ts";
import type { Action } from "../spi/authorizer.ts";
import type { TransferPlan } from "../transfer/plan.ts";
import type { CommandContext } from "./context.ts";

/** A reply whose lines are made while they are sent (STAT of a folder). */
export interface StreamedReply {
  /** Of the first line and the last. */
  readonly code: number;
  /** Of the first line. */
  readonly text: string;
  /** The lines between, in batches, without line ends. */
  readonly body: AsyncIterable<readonly string[]>;
  /** Of the last line. */
  readonly end: string;
}

/**
 * What a command wants: a reply, perhaps with something after it; a transfer;
 * a streamed reply; or nothing more, since the answer is out already.
 */
export type Outcome =
  | Reply
  | {
    readonly reply: Reply;
    /** Ends the session once the reply is out. */
    readonly close?: boolean;
    /** The client begins a TLS handshake when it has the reply. */
    readonly startTls?: boolean;
    /** TLS ends when the client has the reply. */
    readonly stopTls?: boolean;
    /** Runs after the reply was handed to the connection. */
    readonly afterwards?: () => void | Promise<void>;
  }
  | { readonly transfer: TransferPlan }
  | { readonly stream: StreamedReply }
  | null;

/**
 * Executes a command. Errors that it throws are answered: `FileError` with the
 * text of its code, anything else is logged and answered with a general reply.
 *
 * @param argument as the client sent it; with `path` set to something in the
 * command's description, the part that is not the path
 * @param path absolute virtual path, allowed to this user; empty for commands
 * without one
 */
export type CommandHandler = (
  context: CommandContext,
  argument: string,
  path: string,
) => Outcome | Promise<Outcome>;

/** What a command is, in columns. Gates read the columns and name no verb. */
export interface CommandSpec {
  /** What must follow the verb; `two` is two words. */
  readonly argument: "none" | "optional" | "required" | "two";
  /** `with-argument`: free without an argument, needs login with one. */
  readonly login: "needed" | "free" | "with-argument";
  /** What the user must be allowed to do with the path. */
  readonly action?: Action;
  /**
   * Where the path is: the whole argument (or the root without one), the
   * argument behind list options (or the working directory), all behind the
   * first word, or the parent of the working directory. Left out: no path.
   */
  readonly path?:
    | "whole"
    | "whole-or-root"
    | "listing"
    | "listing-if-given"
    | "second"
    | "parent";
  /** `refused`: an argument with `*`, `?` or `[` is answered with 550. */
  readonly globs?: "refused";
  /**
   * `interrupt` commands are answered while others wait for a transfer.
   * @default {"serial"}
   */
  readonly lane?: "serial" | "interrupt";
  /**
   * What it does to the data connection: make one ready, or use it.
   * Such commands wait for a transfer that is about to end.
   */
  readonly data?: "endpoint" | "transfer";
  /** What the session forgets once it comes, even when it is then refused. */
  readonly forgets?: "rename";
  /** The line of HELP, from `Syntax: ` on. */
  readonly help: string;
  /** Refused on a clear connection when the server requires TLS. */
  readonly secret?: boolean;
  /** Its lines in FEAT; `null` when this session has no such feature. */
  readonly feature?:
    | string
    | readonly string[]
    | ((context: CommandContext) => string | readonly string[] | null);
  /** Called once all gates have let the command pass. */
  readonly run: CommandHandler;
}

/** Commands by name; sub-commands of SITE are `SITE X`. */
export type CommandTable = ReadonlyMap<string, CommandSpec>;
