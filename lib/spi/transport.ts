import type { FileHandle } from "./file_system.ts";

/**
 * One end of a TCP connection. `hostname` is always an IP literal, with the
 * IPv4-mapped form `::ffff:a.b.c.d` already written as `a.b.c.d`; a zone
 * index (`fe80::1%eth0`) is kept.
 */
export interface Endpoint {
  readonly hostname: string;
  /** 0 to 65535. */
  readonly port: number;
}

/** PEM texts, not file names. One object is one TLS context of the adapter. */
export interface TlsConfig {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
  /** @default {"off"} */
  readonly clientCert?: "off" | "request" | "require";
  /** @default {"1.2"} */
  readonly minVersion?: "1.2" | "1.3";
}

/** What is known of a TLS session. */
export interface TlsInfo {
  readonly protocol: string | null;
  /** Whether the session was resumed; `null` where the runtime cannot tell. */
  readonly resumed: boolean | null;
  /** The peer's certificate in DER, when one was asked for and given. */
  readonly peerCertificate: Uint8Array | null;
}

/**
 * A byte stream in both directions, with nothing about FTP in it.
 *
 * Reading is by pull: no bytes are taken from the operating system beyond one
 * buffer until `read()` is called, so back-pressure needs no further call. At
 * most one `read()` and one `write()` are under way at a time.
 */
export interface Connection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** `null` on a clear connection. */
  readonly tls: TlsInfo | null;

  /**
   * The next bytes, never an empty array. They are valid until the next
   * `read()`; copy what must live longer. `null` once the peer finished
   * cleanly, then and on every later call.
   *
   * @throws {TransportError} `reset` when the peer broke off, `closed` after
   * our own `close()`
   */
  read(): Promise<Uint8Array | null>;

  /**
   * Sends all of `bytes`; resolves when the caller may reuse them and the
   * transport wants more, which is the back-pressure.
   *
   * @throws {TransportError} `reset` or `closed`
   */
  write(bytes: Uint8Array): Promise<void>;

  /** Everything written goes out, then FIN. Reading continues. */
  closeWrite(): Promise<void>;

  /**
   * Releases the connection now. Idempotent, never throws. Pending calls
   * reject with code `closed`; what the kernel has not taken is lost.
   */
  close(): void;

  /** Turns this connection into the server end of a TLS session, in place. */
  startTls?(config: TlsConfig): Promise<void>;

  /**
   * Sends `length` bytes of a file from `offset` without copying them through
   * the program; resolves with the number sent, less than `length` only at the
   * end of the file. Absent where the runtime or the connection cannot.
   */
  sendFile?(
    file: FileHandle,
    offset: number,
    length: number,
  ): Promise<number>;

  /**
   * Receives into a file from `offset` until the peer finishes; resolves with
   * the number of bytes. `onProgress` is told of each piece. Absent where the
   * runtime has nothing faster than `read()`.
   */
  receiveFile?(
    file: FileHandle,
    offset: number,
    onProgress: (bytes: number) => void,
  ): Promise<number>;
}

/** A listening socket. */
export interface Listener {
  readonly local: Endpoint;
  /**
   * The next connection; `null` once the listener is closed. Connections that
   * arrive while nobody waits are kept, up to the backlog.
   */
  accept(): Promise<Connection | null>;
  /** Idempotent. Connections that were never accepted are closed. */
  close(): void;
}

/** Where to listen. */
export interface ListenOptions {
  /** An IP literal or a name; `::` takes IPv4 too where the system can. */
  readonly hostname: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /**
   * Connections that wait to be accepted.
   * @default {100}
   */
  readonly backlog?: number;
  /**
   * Whether accepted connections send small writes at once (TCP_NODELAY).
   * @default {false}
   */
  readonly noDelay?: boolean;
  /** TLS from the first byte. */
  readonly tls?: TlsConfig;
  /** Whether accepted connections must have `startTls`. */
  readonly upgradable?: boolean;
}

/** Where to connect to, and from where. */
export interface ConnectOptions {
  /** An IP literal. */
  readonly hostname: string;
  readonly port: number;
  /** The local IP to connect from. */
  readonly localHostname?: string;
  readonly localPort?: number;
  /** With it we are the TLS *server* of a connection that we dialled. */
  readonly tls?: TlsConfig;
  /** Aborting rejects with code `closed` and leaves nothing behind. */
  readonly signal?: AbortSignal;
}

/** What a runtime must offer: two calls. */
export interface Transport {
  /** For logs: `node`, `deno`, `bun`, `memory`. */
  readonly name: string;
  /**
   * @throws {TransportError} `address-in-use`, `address-not-available` or
   * `not-permitted`
   */
  listen(options: ListenOptions): Promise<Listener>;
  /** @throws {TransportError} `refused`, `timeout`, `unreachable`, `closed` */
  connect(options: ConnectOptions): Promise<Connection>;
}
