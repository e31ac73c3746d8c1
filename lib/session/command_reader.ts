import type { DecodedLine, LineDecoder } from "../protocol/line_decoder.ts";
import type { Connection } from "../spi/transport.ts";

/** What came in on the control connection. */
export type Incoming =
  | DecodedLine
  /** More bytes than a client needs to log in. */
  | { readonly kind: "flood" }
  /** A TLS handshake where clear text was expected. */
  | { readonly kind: "tls" };

/** The first byte of a TLS record that carries a handshake (RFC 8446, 5.1). */
const TLS_HANDSHAKE = 0x16;

/**
 * Pulls command lines from a connection, one at a time: nothing more is read
 * from the network while a line is being served.
 */
export class CommandReader {
  readonly #connection: Connection;
  #decoder: LineDecoder;
  readonly #floodLimit: () => number;
  /** Bytes since the limit began to hold. */
  #counted = 0;
  #isFirst = true;
  #reading: Promise<Uint8Array | null> | null = null;
  #next: Promise<Incoming | null> | null = null;
  /** Of `#next`. */
  #resolve: (incoming: Incoming | null) => void = nothing;
  #stopped = false;

  /**
   * @param floodLimit bytes that may come in; asked again for every chunk, 0
   * is no limit
   */
  constructor(
    connection: Connection,
    decoder: LineDecoder,
    floodLimit: () => number,
  ) {
    this.#connection = connection;
    this.#decoder = decoder;
    this.#floodLimit = floodLimit;
  }

  /** Whether something came in that was not handed out. */
  get holdsInput(): boolean {
    return this.#decoder.pending > 0 || this.#reading !== null ||
      this.#next !== null;
  }

  /** Goes on with another decoder: the connection is not what it was. */
  restart(decoder: LineDecoder): void {
    this.#decoder = decoder;
    this.#isFirst = false;
    this.#counted = 0;
  }

  /** A read that nobody waits for any more, after `stop`. */
  get pendingRead(): Promise<Uint8Array | null> | null {
    return this.#reading;
  }

  /**
   * The next line, the same one until `take`; `null` when the client has
   * finished or broke off, or after `stop`. Never rejects.
   */
  peek(): Promise<Incoming | null> {
    this.#next ??= new Promise((resolve) => {
      this.#resolve = resolve;
      if (this.#stopped) resolve(null);
      else this.#advance();
    });
    return this.#next;
  }

  /** Consumes what `peek` showed. */
  take(): void {
    this.#next = null;
  }

  /** Lets go of whoever waits, and hands out nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#resolve(null);
  }

  /** No async function: sessions spend their lives here. */
  #advance(): void {
    try {
      const limit = this.#floodLimit();
      if (limit === 0) this.#counted = 0;
      else if (this.#counted - this.#decoder.pending > limit) {
        return this.#resolve({ kind: "flood" });
      }
      const line = this.#decoder.next();
      if (line !== null) return this.#resolve(line);
      this.#reading = this.#connection.read();
      // Both at the end of it: nothing may throw where nobody waits.
      this.#reading.then(
        (chunk) => this.#received(chunk),
      ).catch(() => this.#broken());
    } catch {
      this.#broken();
    }
  }

  #received(chunk: Uint8Array | null): void {
    if (this.#stopped) return;
    this.#reading = null;
    if (chunk === null) return this.#resolve(null);
    if (this.#isFirst && chunk[0] === TLS_HANDSHAKE) {
      return this.#resolve({ kind: "tls" });
    }
    this.#isFirst = false;
    this.#counted += chunk.length;
    this.#decoder.push(chunk);
    this.#advance();
  }

  /** Reset, or closed by ourselves: for the session both are the end. */
  #broken(): void {
    this.#reading = null;
    this.#resolve(null);
  }
}

function nothing(): void {}
