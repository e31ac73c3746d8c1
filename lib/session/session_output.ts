import { encodeReply, type Reply } from "../protocol/reply.ts";
import type { TextCodec } from "../protocol/text_codec.ts";
import type { Connection } from "../spi/transport.ts";
import { ReplyWriter } from "./reply_writer.ts";
import type { Log } from "./session_log.ts";

/** Replies that a client leaves unread before we stop reading its commands. */
const MAX_UNREAD_REPLY_BYTES = 64 * 1024;

/** What a session says to its client, and to the debug log. */
export class SessionOutput {
  readonly #writer: ReplyWriter;
  readonly #log: Log;
  readonly #codec: TextCodec;

  constructor(connection: Connection, log: Log, codec: TextCodec) {
    this.#writer = new ReplyWriter(connection);
    this.#log = log;
    this.#codec = codec;
  }

  /** Whether the client leaves too much unread. */
  get isFull(): boolean {
    return this.#writer.queuedBytes > MAX_UNREAD_REPLY_BYTES;
  }

  /** @param secret the text is kept out of the log */
  reply(answer: Reply, secret: boolean): void {
    if (this.#log.isOn("debug")) {
      const text = secret ? "******" : answer.end ?? answer.text;
      this.#log.write("debug", `-> ${answer.code} ${text}`);
    }
    this.#writer.send(encodeReply(answer, this.#codec));
  }

  /** See `ReplyWriter.hold`; the answer lets go. */
  hold(): () => void {
    this.#writer.hold();
    return () => this.#writer.letGo();
  }

  /** A part of a long reply; resolves when more is welcome. */
  async sendPart(bytes: Uint8Array, isLast: boolean): Promise<void> {
    this.#writer.sendPart(bytes, isLast);
    if (this.isFull) await this.#writer.flushed();
  }

  /** Resolves when all is out, or never will be. */
  flushed(): Promise<void> {
    return this.#writer.flushed();
  }
}
