import type { Reply } from "../support/reply_parser.ts";

/** The last replies of transfers; all others answer a command directly. */
const TRANSFER_END =
  /^(226 Transfer complete\.|(426|452|552) .*(aborted|Internal error))/;

/** ABOR's reply when it ends a transfer that has no other last reply. */
const SWALLOWED = "225 ABOR command successful; data channel closed.";

/** What nobody asked for. */
const UNASKED = /^425 Rejected data connection from foreign address/;

/**
 * Keeps account of replies: each command gets either one reply of its own or
 * a 1xx, and each 1xx is followed by one end of its transfer.
 */
export class Ledger {
  /** Command lines that the client has sent. */
  commands = 0;
  #own = 0;
  #begun = 0;
  #ended = 0;
  #log: string[] = [];

  /** Commands that have neither a reply nor a 1xx yet. */
  get unanswered(): number {
    return this.commands - this.#own - this.#begun;
  }

  /** Transfers that have a 1xx and no end yet. */
  get open(): number {
    return this.#begun - this.#ended;
  }

  /** The text of all, for whoever looks into a failure. */
  get log(): readonly string[] {
    return this.#log;
  }

  sent(line: string): void {
    this.commands++;
    this.#log.push(`> ${line}`);
  }

  note(text: string): void {
    this.#log.push(`* ${text}`);
  }

  /** @throws {Error} when the reply cannot be one at this point */
  received(reply: Reply): void {
    const text = reply.lines.join("\n");
    this.#log.push(`< ${text}`);
    if (UNASKED.test(text)) return;
    if (reply.code < 200) {
      this.#begun++;
      if (this.open > 1) throw new Error("Two transfers at once");
    } else if (TRANSFER_END.test(text)) {
      this.#ended++;
      if (this.open < 0) throw new Error("The end of no transfer");
    } else {
      this.#own++;
      if (text === SWALLOWED && this.open > 0) this.#ended++;
    }
    if (this.unanswered < 0) throw new Error("A reply to no command");
  }
}
