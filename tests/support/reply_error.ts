import type { Reply } from "./reply_parser.ts";

/** A reply other than the expected one. */
export class ReplyError extends Error {
  override readonly name = "ReplyError";
  readonly reply: Reply;

  constructor(command: string, reply: Reply) {
    super(`${command}: ${reply.lines.join(" / ")}`);
    this.reply = reply;
  }
}

/** The port of a 227 or 229 reply. */
export function passivePort(reply: Reply): number {
  const short = /\((\d+),(\d+),(\d+),(\d+),(\d+),(\d+)\)/.exec(reply.raw);
  if (short) return Number(short[5]) * 256 + Number(short[6]);
  const long = /\(\|\|\|(\d+)\|\)/.exec(reply.raw);
  if (long) return Number(long[1]);
  throw new ReplyError("(no port)", reply);
}
