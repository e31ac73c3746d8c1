import { Duplex } from "node:stream";
import { type Deferred, deferred } from "../lib/base/deferred.ts";
import { TransportError } from "../lib/base/errors.ts";
import type { Connection } from "../lib/spi/transport.ts";
import { RecordScanner } from "./_record_scanner.ts";

/**
 * A connection as the stream below `node:tls`, so that the records of TLS pass
 * through our hands and the connection outlives it.
 */
export class RecordTap extends Duplex {
  readonly #raw: Connection;
  readonly #records = new RecordScanner();
  #isReading = false;
  #isHeld = false;
  #isHidden = false;
  #parting: Deferred<Uint8Array> | null = null;

  /** Holds reading up where the engine does not: see `DenoTlsSource`. */
  readonly brake = {
    readStop: (): number => {
      this.#isHeld = true;
      return 0;
    },
    readStart: (): number => {
      this.#isHeld = false;
      void this.#pump();
      return 0;
    },
  };

  constructor(raw: Connection) {
    super({ allowHalfOpen: true });
    this.#raw = raw;
  }

  /**
   * From now on TLS is given nothing more to read, and the connection stays
   * open when TLS ends. Resolves, when the client's close_notify has come,
   * with what came behind it.
   *
   * @param hidden whether the types of records are hidden, as on TLS 1.3
   */
  part(hidden: boolean): Promise<Uint8Array> {
    this.#isHidden = hidden;
    this.#parting = deferred();
    // Without a reader, should closing be first.
    this.#parting.promise.catch(() => {});
    void this.#pump();
    return this.#parting.promise;
  }

  /** The connection below has its options already. */
  setNoDelay(): void {}

  /** The same. */
  setKeepAlive(): void {}

  override _read(): void {
    if (this.#parting === null && !this.#isHeld) void this.#pump();
  }

  override _write(
    chunk: Uint8Array,
    _encoding: string,
    done: (error?: Error | null) => void,
  ): void {
    this.#raw.write(chunk).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#parting !== null) return done();
    this.#raw.closeWrite().then(() => done(), done);
  }

  override _destroy(
    error: Error | null,
    done: (error?: Error | null) => void,
  ): void {
    if (this.#parting === null) this.#raw.close();
    done(error);
  }

  /** One read at a time; never rejects. */
  async #pump(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      while (this.#take(await this.#raw.read()));
    } catch (error) {
      this.#parting?.reject(error);
      this.destroy(error instanceof Error ? error : new Error(String(error)));
    }
    this.#isReading = false;
  }

  /** @returns whether more is wanted */
  #take(chunk: Uint8Array | null): boolean {
    return this.#parting === null ? this.#pass(chunk) : this.#scan(chunk);
  }

  /** @returns whether TLS wants more */
  #pass(chunk: Uint8Array | null): boolean {
    if (chunk === null) {
      this.push(null);
      return false;
    }
    this.#records.follow(chunk);
    // Lent to us, and kept by the engine.
    return this.push(new Uint8Array(chunk)) && !this.#isHeld;
  }

  /** @returns whether the client's close_notify is still to come */
  #scan(chunk: Uint8Array | null): boolean {
    if (chunk === null) {
      throw new TransportError(
        "truncated",
        "Cannot end TLS: the client finished without close_notify",
      );
    }
    const end = this.#records.find(chunk, this.#isHidden);
    if (end < 0) return true;
    this.#parting?.resolve(chunk.slice(end));
    return false;
  }
}
