/** One whole reply of a server, of one line or several. */
export interface Reply {
  readonly code: number;
  /** Every line as it came, decoded as UTF-8, without line ends. */
  readonly lines: readonly string[];
  /** The same as one Latin-1 text joined by `\n`: a byte is a character. */
  readonly raw: string;
}

/**
 * Cuts what a server sends into replies, strictly: a line that is neither
 * `NNN text`, `NNN-text` nor inside a multi-line reply is an error, as is a CR
 * or LF that is not part of a CRLF, unless `lenient`.
 */
export class ReplyParser {
  readonly #lenient: boolean;
  #bytes: Buffer = Buffer.alloc(0);
  #lines: Buffer[] = [];
  #open: string | null = null;

  constructor(options: { readonly lenient?: boolean } = {}) {
    this.#lenient = options.lenient ?? false;
  }

  /** Bytes that are not a whole reply yet. */
  get pending(): number {
    return this.#bytes.length + this.#lines.length;
  }

  /**
   * Takes the next bytes and returns the replies that they complete.
   *
   * @throws {Error} when the server breaks the form of replies
   */
  push(chunk: Uint8Array): Reply[] {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    const replies: Reply[] = [];
    for (;;) {
      const at = this.#bytes.indexOf("\r\n");
      if (!this.#lenient) this.#check(at < 0 ? this.#bytes.length - 1 : at);
      if (at < 0) return replies;
      const reply = this.#line(this.#bytes.subarray(0, at));
      this.#bytes = this.#bytes.subarray(at + 2);
      if (reply) replies.push(reply);
    }
  }

  #check(length: number): void {
    const line = this.#bytes.subarray(0, Math.max(length, 0));
    if (line.includes(10) || line.includes(13)) {
      throw new Error(`Cannot parse reply ${shown(line)}: bare CR or LF`);
    }
  }

  #line(line: Buffer): Reply | null {
    this.#lines.push(line);
    const text = line.toString("latin1");
    if (this.#open !== null) {
      return text.startsWith(`${this.#open} `) ? this.#finish() : null;
    }
    const start = /^([1-5]\d\d)([ -])/.exec(text);
    if (!start) {
      throw new Error(`Cannot parse reply ${shown(line)}: no reply code`);
    }
    this.#open = start[1]!;
    return start[2] === " " ? this.#finish() : null;
  }

  #finish(): Reply {
    const reply: Reply = {
      code: Number(this.#open),
      lines: this.#lines.map((line) => line.toString("utf8")),
      raw: this.#lines.map((line) => line.toString("latin1")).join("\n"),
    };
    this.#lines = [];
    this.#open = null;
    return reply;
  }
}

function shown(bytes: Buffer): string {
  return JSON.stringify(bytes.subarray(0, 200).toString("latin1"));
}
