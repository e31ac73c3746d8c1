import type { OpensslFunctions } from "./_openssl_library.ts";

/** Of `BIO_ctrl`: what an empty buffer answers. */
const BIO_C_SET_BUF_MEM_EOF_RETURN = 130;
const RETRY = -1;

/** Of `BIO_ctrl`: whether a socket is at its end. */
const BIO_CTRL_EOF = 2;

/** Of `SSL_get_error`. */
const SSL_ERROR_WANT_READ = 2;

/** The end of a socket is no error of the session, which goes on sending. */
const SSL_OP_IGNORE_UNEXPECTED_EOF = 1 << 7;

/** Of `BIO_ctrl`: the session whose data a BIO reads. */
const BIO_C_SET_SSL = 109;
const BIO_NOCLOSE = 0;

/** Smaller pieces of the peer are copied, larger ones are read in place. */
const LENT_BYTES = 16_384;

/** Where records are read one by one, as there will hardly be two of them. */
const FEW_BYTES = 65_536;

/** What came from the peer of a session, encrypted, and is read from it. */
export class Inbox {
  readonly #library: OpensslFunctions;
  readonly #ssl: number;
  readonly #memory: number | bigint;
  /** What the session reads from; it has hold of it. */
  #current: number | bigint;
  /** What OpenSSL reads in place must stay where it is. */
  #lent: Uint8Array | null = null;
  /** Reads all records by one call. */
  #reader: number | bigint = 0;
  #records: number | bigint = 0;
  /** Reads from a descriptor, which is somebody else's. */
  #socket: number | bigint = 0;

  /** @param ssl its memory for what it sends is the caller's to set */
  constructor(library: OpensslFunctions, ssl: number) {
    this.#library = library;
    this.#ssl = ssl;
    this.#memory = library.BIO_new(library.BIO_s_mem());
    library.BIO_up_ref(this.#memory);
    library.SSL_set0_rbio(ssl, this.#memory);
    this.#current = this.#memory;
  }

  /** All before must have been read; it must not change until it is read. */
  put(bytes: Uint8Array<ArrayBuffer>): void {
    const library = this.#library;
    const { length } = bytes;
    if (length < LENT_BYTES) {
      this.#return();
      const count = library.BIO_write(this.#memory, bytes, length);
      if (count !== length) throw new Error("out of memory");
      return;
    }
    const bio = library.BIO_new_mem_buf(bytes, length);
    if (Number(bio) === 0) throw new Error("out of memory");
    library.BIO_ctrl(bio, BIO_C_SET_BUF_MEM_EOF_RETURN, RETRY, 0);
    // The one before is freed.
    library.SSL_set0_rbio(this.#ssl, bio);
    this.#current = bio;
    this.#lent = bytes;
  }

  /** Reads from memory of OpenSSL again. */
  #return(): void {
    const isElsewhere = this.#lent !== null || this.#current === this.#socket;
    if (!isElsewhere) return;
    this.#readFrom(this.#memory);
    this.#lent = null;
  }

  /** @param bio goes on being ours as well */
  #readFrom(bio: number | bigint): void {
    this.#library.BIO_up_ref(bio);
    this.#library.SSL_set0_rbio(this.#ssl, bio);
    this.#current = bio;
  }

  /**
   * Bytes of data; fewer than fit when `SSL_get_error` says why.
   *
   * @param socket where to go on once all that was put in is read; always the
   * same, or below 0 for nowhere
   */
  read(into: Uint8Array<ArrayBuffer>, socket: number): number {
    const library = this.#library;
    const wasSocket = this.#current === this.#socket;
    if (wasSocket && socket < 0) this.#return();
    const length = this.#readHere(into);
    if (socket < 0 || wasSocket || length === into.length) return length;
    const reason = library.SSL_get_error(this.#ssl, -1);
    if (reason !== SSL_ERROR_WANT_READ) return length;
    this.#readFromSocket(socket);
    return length + this.#readHere(into.subarray(length));
  }

  /** What it reads is not copied once more. */
  #readFromSocket(descriptor: number): void {
    const library = this.#library;
    if (this.#socket === 0) {
      const made = library.BIO_new_socket(descriptor, BIO_NOCLOSE);
      if (Number(made) === 0) throw new Error("out of memory");
      library.SSL_set_options(this.#ssl, SSL_OP_IGNORE_UNEXPECTED_EOF);
      this.#socket = made;
    }
    this.#readFrom(this.#socket);
    this.#lent = null;
  }

  /** Whether the socket ended, which looks like the end of the session. */
  get isCut(): boolean {
    return this.#current === this.#socket &&
      Number(this.#library.BIO_ctrl(this.#socket, BIO_CTRL_EOF, 0, 0)) === 1;
  }

  #readHere(into: Uint8Array<ArrayBuffer>): number {
    const { length } = into;
    const isFew = length <= FEW_BYTES && this.#reader === 0;
    if (isFew) return this.#readFew(into);
    if (this.#reader === 0) this.#makeReader();
    const count = this.#library.BIO_read(this.#reader, into, length);
    return Math.max(0, Number(count));
  }

  #readFew(into: Uint8Array<ArrayBuffer>): number {
    let length = 0;
    while (length < into.length) {
      const rest = length === 0 ? into : into.subarray(length);
      const count = this.#library.SSL_read(this.#ssl, rest, rest.length);
      if (Number(count) <= 0) break;
      length += Number(count);
    }
    return length;
  }

  /**
   * `SSL_read` gives one record. A buffering BIO that is asked for more than
   * its buffer holds reads again and again, and so spares us the calls.
   */
  #makeReader(): void {
    const library = this.#library;
    const records = library.BIO_new(library.BIO_f_ssl());
    const reader = library.BIO_new(library.BIO_f_buffer());
    if (Number(records) === 0 || Number(reader) === 0) {
      throw new Error("out of memory");
    }
    // The BIO would take hold of what the session reads from, for good.
    library.BIO_up_ref(this.#current);
    library.SSL_set0_rbio(this.#ssl, 0);
    library.BIO_ctrl(records, BIO_C_SET_SSL, BIO_NOCLOSE, this.#ssl);
    library.BIO_push(reader, records);
    library.SSL_set0_rbio(this.#ssl, this.#current);
    this.#records = records;
    this.#reader = reader;
  }

  /** Before the session, which is told to end by it. */
  free(): void {
    const library = this.#library;
    for (
      const bio of [this.#reader, this.#records, this.#socket, this.#memory]
    ) {
      if (bio !== 0) library.BIO_free(bio);
    }
    this.#lent = null;
  }
}
