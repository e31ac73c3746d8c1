import type { TlsInfo } from "../lib/spi/transport.ts";
import { closedError } from "./_socket_errors.ts";
import {
  forgetHello,
  type HelloListener,
  listenToHello,
  SSL_CLIENT_HELLO_ERROR,
  SSL_CLIENT_HELLO_RETRY,
  SSL_CLIENT_HELLO_SUCCESS,
} from "./_openssl_callbacks.ts";
import type { OpensslContext, OpensslSettings } from "./_openssl_context.ts";
import {
  bytesAt,
  opensslError,
  type OpensslFunctions,
  textAt,
} from "./_openssl_library.ts";

/** What `SSL_get_error` says. */
const SSL_ERROR_WANT_READ = 2;
const SSL_ERROR_ZERO_RETURN = 6;
const SSL_ERROR_WANT_CLIENT_HELLO_CB = 11;

const X509_V_OK = 0;

const VERSIONS: Readonly<Record<number, string>> = {
  0x303: "TLSv1.2",
  0x304: "TLSv1.3",
};

/** Of `BIO_ctrl`: what an empty buffer answers. */
const BIO_C_SET_BUF_MEM_EOF_RETURN = 130;
const RETRY = -1;

/** Smaller pieces of the peer are copied, larger ones are read in place. */
const LENT_BYTES = 16_384;

/** Smaller pieces for the peer are sent from memory of their own. */
const KEPT_BYTES = 65_536;

/** How far a handshake is: `name` wants `choose` or `refuse`. */
export type HandshakeState = "done" | "more" | "name";

/**
 * The server end of a TLS session over two buffers: what the peer sent is put
 * in, what it shall be sent is taken out. Nothing here waits.
 *
 * Every call may throw an `Error` with OpenSSL's words, or after `free()` a
 * `TransportError` with code `closed`.
 */
export class OpensslSession implements HelloListener {
  readonly #settings: OpensslSettings;
  readonly #library: OpensslFunctions;
  /** 0 once it is freed. */
  #address: number;
  readonly #in: number | bigint;
  readonly #out: number | bigint;
  #kept: Uint8Array<ArrayBuffer> | null = null;
  /** What OpenSSL reads in place must stay where it is. */
  #lent: Uint8Array | null = null;
  #ended = false;
  /** Came behind data that had to be read first. */
  #error: Error | null = null;
  #serverName: string | null = null;
  #hasHello = false;
  #isRefused = false;

  constructor(context: OpensslContext) {
    const { settings, sessionName } = context;
    const { library, address } = settings;
    this.#settings = settings;
    this.#library = library;
    const ssl = Number(library.SSL_new(address));
    if (ssl === 0) throw opensslError(library);
    this.#address = ssl;
    library.SSL_set_session_id_context(ssl, sessionName, sessionName.length);
    this.#in = library.BIO_new(library.BIO_s_mem());
    this.#out = library.BIO_new(library.BIO_s_mem());
    // They are its own from now on.
    library.SSL_set_bio(ssl, this.#in, this.#out);
    library.BIO_up_ref(this.#in);
    listenToHello(ssl, this);
  }

  /** Whether the peer's close_notify was read. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The host name that the client asked for. */
  get serverName(): string | null {
    return this.#serverName;
  }

  /**
   * What came from the peer, once all before has been read. It must not change
   * until more is wanted.
   */
  put(bytes: Uint8Array): void {
    const library = this.#library;
    const { length } = bytes;
    const ssl = this.#ssl;
    if (length < LENT_BYTES) {
      this.#return();
      const count = library.BIO_write(this.#in, own(bytes), length);
      if (count !== length) throw new Error("out of memory");
      return;
    }
    const lent = own(bytes);
    const bio = library.BIO_new_mem_buf(lent, length);
    if (Number(bio) === 0) throw new Error("out of memory");
    library.BIO_ctrl(bio, BIO_C_SET_BUF_MEM_EOF_RETURN, RETRY, 0);
    // The one before is freed.
    library.SSL_set0_rbio(ssl, bio);
    this.#lent = lent;
  }

  /** Reads from memory of OpenSSL again. */
  #return(): void {
    if (this.#lent === null) return;
    this.#library.BIO_up_ref(this.#in);
    this.#library.SSL_set0_rbio(this.#address, this.#in);
    this.#lent = null;
  }

  /** Goes on with the handshake. */
  handshake(): HandshakeState {
    const library = this.#library;
    library.ERR_clear_error();
    const answer = Number(library.SSL_accept(this.#ssl));
    if (answer === 1) {
      forgetHello(this.#ssl);
      return "done";
    }
    switch (library.SSL_get_error(this.#ssl, answer)) {
      case SSL_ERROR_WANT_READ:
        return "more";
      case SSL_ERROR_WANT_CLIENT_HELLO_CB:
        return "name";
      default:
        throw opensslError(library);
    }
  }

  /** Goes on with the certificate of other settings. */
  choose(other: OpensslSettings): void {
    this.#library.SSL_set_SSL_CTX(this.#ssl, other.address);
  }

  /** The next `handshake()` tells the client that it cannot be served. */
  refuse(): void {
    this.#isRefused = true;
  }

  /** Called by OpenSSL within `handshake()`. */
  onHello(serverName: string | null): number {
    if (this.#isRefused) return SSL_CLIENT_HELLO_ERROR;
    if (this.#hasHello) return SSL_CLIENT_HELLO_SUCCESS;
    this.#hasHello = true;
    this.#serverName = serverName;
    return serverName === null || this.#settings.choose === undefined
      ? SSL_CLIENT_HELLO_SUCCESS
      : SSL_CLIENT_HELLO_RETRY;
  }

  /** Bytes of data that were put into `bytes`; 0 when more has to come. */
  read(bytes: Uint8Array<ArrayBuffer>): number {
    const library = this.#library;
    const ssl = this.#ssl;
    if (this.#error !== null) throw this.#error;
    library.ERR_clear_error();
    let length = 0;
    while (length < bytes.length) {
      const rest = bytes.length - length;
      const into = length === 0 ? bytes : bytes.subarray(length);
      const count = Number(library.SSL_read(ssl, into, rest));
      if (count <= 0) {
        this.#stop(Number(library.SSL_get_error(ssl, count)));
        break;
      }
      length += count;
    }
    if (this.#error !== null && length === 0) throw this.#error;
    return length;
  }

  /** Why there is nothing to read. */
  #stop(reason: number): void {
    if (reason === SSL_ERROR_ZERO_RETURN) this.#ended = true;
    else if (reason !== SSL_ERROR_WANT_READ) {
      this.#error = opensslError(this.#library);
    }
  }

  /** Encrypts data for the peer. */
  write(bytes: Uint8Array): void {
    const library = this.#library;
    const { length } = bytes;
    library.ERR_clear_error();
    const count = library.SSL_write(this.#ssl, own(bytes), length);
    if (count !== length) throw opensslError(library);
  }

  /** Puts close_notify behind all that was written. */
  finish(): void {
    const library = this.#library;
    library.ERR_clear_error();
    if (Number(library.SSL_shutdown(this.#ssl)) < 0) {
      throw opensslError(library);
    }
  }

  /** Bytes that are to be sent. */
  get waiting(): number {
    this.#check();
    return Number(this.#library.BIO_ctrl_pending(this.#out));
  }

  /** What is to be sent, until the next call; `null` for nothing. */
  take(): Uint8Array | null {
    const library = this.#library;
    const length = this.waiting;
    if (length === 0) return null;
    let bytes = this.#kept;
    if (bytes === null || bytes.length < length) {
      bytes = new Uint8Array(length);
      if (length > KEPT_BYTES) this.#kept = bytes;
    }
    library.BIO_read(this.#out, bytes, length);
    return bytes.subarray(0, length);
  }

  /** What was agreed on, once the handshake is done. */
  info(): TlsInfo {
    const library = this.#library;
    const ssl = this.#ssl;
    return {
      protocol: VERSIONS[Number(library.SSL_version(ssl))] ?? null,
      cipher: textAt(
        library,
        library.SSL_CIPHER_standard_name(library.SSL_get_current_cipher(ssl)),
      ),
      resumed: library.SSL_session_reused(ssl) === 1,
      peerCertificate: this.#peerCertificate(),
      alpn: this.#protocol(),
      serverName: this.#serverName,
    };
  }

  /** Idempotent. */
  free(): void {
    const address = this.#address;
    if (address === 0) return;
    this.#address = 0;
    forgetHello(address);
    this.#library.SSL_free(address);
    this.#library.BIO_free(this.#in);
    this.#kept = null;
    this.#lent = null;
  }

  get #ssl(): number {
    this.#check();
    return this.#address;
  }

  #check(): void {
    if (this.#address === 0) throw closedError("Cannot go on");
  }

  #protocol(): string | null {
    const where = new BigUint64Array(1);
    const size = new Uint32Array(1);
    this.#library.SSL_get0_alpn_selected(this.#ssl, where, size);
    const [length = 0] = size;
    if (length === 0) return null;
    const name = bytesAt(this.#library, where[0]!, length);
    return new TextDecoder().decode(name);
  }

  #peerCertificate(): Uint8Array | null {
    const library = this.#library;
    if (!this.#settings.asks) return null;
    const verdict = Number(library.SSL_get_verify_result(this.#ssl));
    if (verdict !== X509_V_OK) return null;
    const certificate = library.SSL_get1_peer_certificate(this.#ssl);
    if (Number(certificate) === 0) return null;
    const where = new BigUint64Array(1);
    const length = Number(library.i2d_X509(certificate, where));
    library.X509_free(certificate);
    if (length <= 0) return null;
    const bytes = bytesAt(library, where[0]!, length);
    library.CRYPTO_free(where[0]!, 0, 0);
    return bytes;
  }
}

/** What C is lent must not be shared with other threads. */
function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer
    ? bytes as Uint8Array<ArrayBuffer>
    : new Uint8Array(bytes);
}
