import type { TlsInfo } from "../lib/spi/transport.ts";
import { closedError, lostError } from "./_socket_errors.ts";
import {
  forgetHello,
  type HelloListener,
  listenToHello,
  SSL_CLIENT_HELLO_ERROR,
  SSL_CLIENT_HELLO_RETRY,
  SSL_CLIENT_HELLO_SUCCESS,
} from "./_openssl_callbacks.ts";
import {
  type OpensslContext,
  type OpensslSettings,
  SSL_MODE_RELEASE_BUFFERS,
} from "./_openssl_context.ts";
import {
  bytesAt,
  opensslError,
  type OpensslFunctions,
  textAt,
} from "./_openssl_library.ts";
import { Inbox } from "./_openssl_inbox.ts";
import type { Outbox } from "./_openssl_outbox.ts";

/** What `SSL_get_error` says. */
const SSL_ERROR_WANT_READ = 2;
const SSL_ERROR_SYSCALL = 5;
const SSL_ERROR_ZERO_RETURN = 6;
const SSL_ERROR_WANT_CLIENT_HELLO_CB = 11;

const X509_V_OK = 0;

const VERSIONS: Readonly<Record<number, string>> = {
  0x303: "TLSv1.2",
  0x304: "TLSv1.3",
};

/** Whoever receives so much at a time receives a file. */
const LOT_BYTES = 65_536;

/** Of `SSL_ctrl`. */
const SSL_CTRL_CLEAR_MODE = 78;

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
  readonly library: OpensslFunctions;
  /** 0 once it is freed. */
  #address: number;
  readonly #inbox: Inbox;
  readonly #out: number | bigint;
  /** Much is moved: the next record needs them again. */
  #keepsBuffers = false;
  #ended = false;
  #isCut = false;
  /** Came behind data that had to be read first. */
  #error: Error | null = null;
  #serverName: string | null = null;
  #hasHello = false;
  #isRefused = false;

  constructor(context: OpensslContext) {
    const { settings, sessionName } = context;
    const { library, address } = settings;
    this.#settings = settings;
    this.library = library;
    const ssl = Number(library.SSL_new(address));
    if (ssl === 0) throw opensslError(library);
    this.#address = ssl;
    library.SSL_set_session_id_context(ssl, sessionName, sessionName.length);
    this.#inbox = new Inbox(library, ssl);
    this.#out = library.BIO_new(library.BIO_s_mem());
    library.BIO_up_ref(this.#out);
    library.SSL_set0_wbio(ssl, this.#out);
    listenToHello(ssl, this);
  }

  /** Whether the peer's close_notify was read. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether the peer finished without one, as a socket tells. */
  get isCut(): boolean {
    return this.#isCut;
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
    this.#check();
    if (bytes.length >= LOT_BYTES) this.#keepBuffers();
    this.#inbox.put(own(bytes));
  }

  /** Goes on with the handshake. */
  handshake(): HandshakeState {
    const library = this.library;
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
    this.library.SSL_set_SSL_CTX(this.#ssl, other.address);
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

  /**
   * Bytes of data that were put into `bytes`; 0 when more has to come.
   *
   * @param socket a descriptor to go on reading from; from the first such call
   * on, nobody else but through `put()`
   */
  read(bytes: Uint8Array<ArrayBuffer>, socket: number = -1): number {
    const library = this.library;
    const ssl = this.#ssl;
    if (this.#error !== null) throw this.#error;
    if (socket >= 0) this.#keepBuffers();
    library.ERR_clear_error();
    const length = this.#inbox.read(bytes, socket);
    if (length < bytes.length) {
      this.#stop(Number(library.SSL_get_error(ssl, -1)));
    }
    if (this.#error !== null && length === 0) throw this.#error;
    return length;
  }

  /** Why there is nothing to read. */
  #stop(reason: number): void {
    switch (reason) {
      case SSL_ERROR_WANT_READ:
        return;
      case SSL_ERROR_ZERO_RETURN:
        this.#isCut = this.#inbox.isCut;
        this.#ended = !this.#isCut;
        return;
      case SSL_ERROR_SYSCALL:
        this.#error = lostError("Cannot read");
        return;
      default:
        this.#error = opensslError(this.library);
    }
  }

  /** Encrypts data for the peer. */
  write(bytes: Uint8Array): void {
    const library = this.library;
    const { length } = bytes;
    library.ERR_clear_error();
    const count = library.SSL_write(this.#ssl, own(bytes), length);
    if (count !== length) throw opensslError(library);
  }

  /** Encrypts into `box` from now on; `null`: into what `take()` gives. */
  sendTo(box: Outbox | null): void {
    const library = this.library;
    const ssl = this.#ssl;
    const bio = box === null ? this.#out : box.address;
    library.BIO_up_ref(bio);
    // The one before loses what it was given.
    library.SSL_set0_wbio(ssl, bio);
    if (box !== null) this.#keepBuffers();
  }

  #keepBuffers(): void {
    if (this.#keepsBuffers) return;
    this.#keepsBuffers = true;
    const mode = SSL_MODE_RELEASE_BUFFERS;
    this.library.SSL_ctrl(this.#address, SSL_CTRL_CLEAR_MODE, mode, 0);
  }

  /** Puts close_notify behind all that was written. */
  finish(): void {
    const library = this.library;
    library.ERR_clear_error();
    if (Number(library.SSL_shutdown(this.#ssl)) < 0) {
      throw opensslError(library);
    }
  }

  /** Bytes that are to be sent. */
  get waiting(): number {
    this.#check();
    return Number(this.library.BIO_ctrl_pending(this.#out));
  }

  /** What is to be sent, `null` for nothing. */
  take(): Uint8Array | null {
    const library = this.library;
    const length = this.waiting;
    if (length === 0) return null;
    const bytes = new Uint8Array(length);
    library.BIO_read(this.#out, bytes, length);
    return bytes;
  }

  /** What was agreed on, once the handshake is done. */
  info(): TlsInfo {
    const library = this.library;
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
    this.#inbox.free();
    this.library.SSL_free(address);
    this.library.BIO_free(this.#out);
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
    this.library.SSL_get0_alpn_selected(this.#ssl, where, size);
    const [length = 0] = size;
    if (length === 0) return null;
    const name = bytesAt(this.library, where[0]!, length);
    return new TextDecoder().decode(name);
  }

  #peerCertificate(): Uint8Array | null {
    const library = this.library;
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
